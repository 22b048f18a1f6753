// Lesson 7, the digits: all of it together, on real images. `--data DIR` takes a folder in MNIST's
// format; without it the digits are those of 8x8 pixels inside the program.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include "digits/images.h"
#include "lesson/lesson.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;

namespace {

const lesson::About about{
    .name = "lesson_7_digits",
    .title = "Lesson 7: the digits",
    .what_to_see =
        "The loss falls on the images that the network learns from; on those held out for "
        "validation it falls to the best epoch, whose weights are kept, and no lower in the five "
        "that follow: what is still learned helps with known images alone. In the matrix what was "
        "read rightly stands on the diagonal, and what is beside it, in the other colour, shows "
        "which digits are taken for each other. The pictures are the mistakes of which the network "
        "was surest: would you have read all of them?",
    .takes_data = true};

bool teach(report::Page& page, const lesson::Options& options) {
  const digits::Images images =
      digits::load_images({.data = options.data, .embedded = options.data.empty()});
  nn::DataLoader training(images.training, {.batch_size = 32, .shuffle = true});
  nn::DataLoader validation(images.validation, {.batch_size = 500});
  nn::DataLoader test(images.test, {.batch_size = images.test.size()});

  tg::manual_seed(7);
  nn::Sequential net{nn::Flatten{}, nn::Linear{images.pixels(), 64}, tg::relu,
                     nn::Linear{64, images.classes()}};
  nn::Adam optimizer(nn::parameters(net), {.lr = 1e-3});
  nn::Trainer trainer(net, nn::cross_entropy, optimizer,
                      {.epochs = options.quick ? 5 : 50,
                       .metrics = {{"accuracy", nn::correct}},
                       .patience = 5,
                       .keep_best = true,
                       .progress = stdout});
  const nn::History& history = trainer.fit(training, validation);
  const double best = static_cast<double>(history.best()->epoch);
  const nn::Measured accuracy = trainer.evaluate(test).metrics[0];
  const auto& [x, y] = *test.begin();
  const nn::Examined seen = nn::examine(net, x, y, {.mistakes = 12});
  fmt::print("best epoch {}, test accuracy {:.1f} % ({:.1f} to {:.1f} %), {} mistakes\n", best,
             100 * accuracy.value, 100 * accuracy.interval->low, 100 * accuracy.interval->high,
             seen.mistakes_in_all);

  std::vector<double> learned, held_out;
  for (const nn::EpochRecord& epoch : history.epochs) {
    learned.push_back(epoch.training.loss);
    held_out.push_back(epoch.validation->loss);
  }
  page.add(report::Lines{
      .title = "Loss by epoch",
      .x = {"epoch"},
      .y = {"loss", "nats", true},
      .series = {{.name = "training", .y = learned}, {.name = "validation", .y = held_out}},
      .marks = {{.x = best, .label = "best epoch"}}});
  page.add(report::Matrix{.title = "What was taken for what",
                          .values = seen.confusion,
                          .rows = "true class",
                          .columns = "taken for",
                          .confusion = true});
  report::Images mistakes{.title = "The surest mistakes", .size = 110};
  for (const nn::Mistake& mistake : seen.mistakes)
    mistakes.images.push_back(
        {mistake.image, fmt::format("{}, taken for {}\n{:.0f} % sure", mistake.truth,
                                    mistake.thought, 100 * mistake.sureness)});
  page.add(mistakes);
  const bool learns = learned.back() <= learned[static_cast<std::size_t>(best) - 1];
  return accuracy.value > 0.8 && learns && (options.quick || learned.size() == best + 5);
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
