// Lesson 4, minibatches: how many examples does one look at before a step? All, a few, or one?

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <ctime>

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
        "All trainings begin with the same weights and see every example 50 times: by what was "
        "seen, small batches are far ahead, since they take many more steps. By steps it is the "
        "other way round: the fewer examples a step looks at, the more of its direction is chance, "
        "and the smaller its rate has to be; with the rate of all examples one alone learns "
        "nothing. By time the batches of 32 are ahead: a step for 32 examples takes a few times as "
        "long as one for a single example, and one for all far longer without getting that much "
        "further."};

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
  const double last = epochs * static_cast<double>(loader.size());
  std::clock_t ticks = 0, start = std::clock();
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (const auto& [x, y] : loader) {
      optimizer.zero_grad();
      nn::cross_entropy(net(x), y).backward();
      optimizer.step();
      if (++step < 1.2 * measured && step < last) continue;
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
  const digits::Images images = digits::load_images({.embedded = true});
  const std::int64_t all = images.training.size();
  const auto [x, y] = *nn::DataLoader(images.training, {.batch_size = all}).begin();
  const nn::TensorDataset data(x.reshape({all, -1}), y);

  const report::Axis loss{.label = "loss", .unit = "nats", .log = true};
  report::Lines by_epochs{.title = "By what was seen", .x = {"epochs", "", true}, .y = loss};
  report::Lines by_steps{.title = "By steps", .x = {"steps", "", true}, .y = loss};
  report::Lines by_time{.title = "By time", .x = {"time", "s", true}, .y = loss};
  for (const auto& [batch, rate] : {std::pair(all, 0.5), {32, 0.2}, {1, 0.02}, {1, 0.5}}) {
    const Course course = train(data, batch, rate, options.quick ? 10 : 50);
    const std::string name = fmt::format("{} at once, rate {}", batch, rate);
    fmt::print("{:22}  after {:5} steps and {:.3f} s: loss {:.4f}\n", name, course.steps.back(),
               course.seconds.back(), course.loss.back());
    by_epochs.series.push_back({.name = name, .x = course.epochs, .y = course.loss});
    by_steps.series.push_back({.name = name, .x = course.steps, .y = course.loss});
    by_time.series.push_back({.name = name, .x = course.seconds, .y = course.loss});
  }
  page.add(by_epochs).add(by_steps).add(by_time);
  const auto y_of = [&](std::size_t i) -> const auto& { return by_steps.series[i].y.values(); };
  return y_of(2).back() < y_of(1).back() && y_of(1).back() < y_of(0).back() / 3 &&
         y_of(3).back() > 2 && y_of(0)[7] < y_of(1)[7] && y_of(1)[7] < y_of(2)[7];  // ten steps
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
