// Lesson 4, minibatches: how many examples does one look at before a step? All, a few, or one?

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <ctime>
#include <tuple>

#include "digits/images.h"
#include "lesson/lesson.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;

namespace {

const lesson::About about{
    .name = "lesson_4_minibatches",
    .title = "Lesson 4: minibatches",
    .what_to_see =
        "Three trainings begin with the same weights and see every example 50 times: by what was "
        "seen, small batches are far ahead, since they have taken many more steps. By steps it is "
        "the other way round: the more examples a step looks at, the better its direction. By time "
        "the batches of 32 are ahead: a step for 32 examples takes only a few times as long as one "
        "for a single example, and one for all of them takes far longer without being that much "
        "better."};

/// How a training goes: the loss on all examples, and when it was measured.
struct Course {
  std::vector<double> loss, epochs, steps, seconds;
};

Course train(const nn::TensorDataset& data, std::int64_t batch, double rate, int epochs) {
  tg::manual_seed(4);  // all begin with the same weights
  nn::Sequential net{nn::Linear{64, 32}, tg::relu, nn::Linear{32, 10}};
  nn::SGD optimizer(nn::parameters(net), {.lr = rate});
  nn::DataLoader loader(data, {.batch_size = batch, .shuffle = true});
  Course course;
  double step = 0, measured = 0;
  std::clock_t ticks = 0, start = std::clock();
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (const auto& [x, y] : loader) {
      optimizer.zero_grad();
      nn::cross_entropy(net(x), y).backward();
      optimizer.step();
      if (++step < 1.2 * measured) continue;
      measured = step, ticks += std::clock() - start;  // the time of measuring is left out
      const tg::NoGrad no_grad;
      course.loss.push_back(nn::cross_entropy(net(data.inputs()), data.targets()).item());
      course.epochs.push_back(step / static_cast<double>(loader.size()));
      course.steps.push_back(step);
      course.seconds.push_back(static_cast<double>(ticks) / CLOCKS_PER_SEC);
      start = std::clock();
    }
  }
  return course;
}

bool teach(report::Page& page, const lesson::Options& options) {
  digits::Options embedded;
  embedded.embedded = true;
  const digits::Images images = digits::load_images(embedded);
  const std::int64_t all = images.training.size();
  const auto [x, y] = *nn::DataLoader(images.training, {.batch_size = all}).begin();
  const nn::TensorDataset data(x.reshape({all, -1}), y);

  const report::Axis loss{.label = "loss", .unit = "nats", .log = true};
  report::Lines by_epochs{.title = "By what was seen", .x = {"epochs", "", true}, .y = loss};
  report::Lines by_steps{.title = "By steps", .x = {"steps", "", true}, .y = loss};
  report::Lines by_time{.title = "By time", .x = {"time", "s", true}, .y = loss};
  using Way = std::tuple<const char*, std::int64_t, double>;
  for (const auto& [name, batch, rate] :
       {Way{"all examples", all, 0.5}, Way{"32 examples", 32, 0.2}, Way{"one example", 1, 0.02}}) {
    const Course course = train(data, batch, rate, options.quick ? 10 : 50);
    fmt::print("{:12}  after {:5} steps and {:.3f} s: loss {:.4f}\n", name, course.steps.back(),
               course.seconds.back(), course.loss.back());
    by_epochs.series.push_back({.name = name, .x = course.epochs, .y = course.loss});
    by_steps.series.push_back({.name = name, .x = course.steps, .y = course.loss});
    by_time.series.push_back({.name = name, .x = course.seconds, .y = course.loss});
  }
  page.add(by_epochs).add(by_steps).add(by_time);
  return by_epochs.series[1].y.values().back() < by_epochs.series[0].y.values().back() / 3;
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
