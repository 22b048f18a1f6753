// Lesson 5, one layer against two: a disc inside of a ring, which no straight line separates.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include "lesson/lesson.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;

namespace {

const lesson::About about{
    .name = "lesson_5_two_layers",
    .title = "Lesson 5: one layer against two",
    .what_to_see =
        "One layer draws one straight line. The best of all lines cuts off a part of the ring, and "
        "gets 70 % right, as one hidden unit does; but the loss leads one layer to a line that is "
        "no better than guessing. Each hidden unit draws a line of its own (what is missing lies "
        "outside), and the second layer puts them together: three are enough to close around the "
        "disc. Play the steps to see it; each network is the best of five, since some get stuck."};

/// What so many hidden units, or one layer for none, get right, and how they divide the plane.
std::pair<double, report::Field> train(const tg::Tensor& x, const tg::Tensor& y, int hidden,
                                       std::uint64_t seed) {
  tg::manual_seed(seed);
  nn::Sequential net{nn::Linear{2, hidden ? hidden : 2}};
  if (hidden) net.push_back(tg::tanh), net.push_back(nn::Linear{hidden, 2});
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.03});
  report::Field field{.title = hidden ? fmt::format("hidden units: {}", hidden) : "one layer"};
  field.grid = {.left = -3, .right = 3, .bottom = -3, .top = 3};
  for (int step = 0; step <= 400; ++step) {
    optimizer.zero_grad();
    nn::cross_entropy(net(x), y).backward();
    optimizer.step();
    const tg::NoGrad no_grad;
    const std::string label = fmt::format("step {}", step);
    if (step % 20 == 0) field.frames.push_back({label, tg::softmax(net(field.grid.points()), 1)});
  }
  const tg::NoGrad no_grad;
  field.class_names = {"disc", "ring"}, field.points = x, field.classes = y;
  const tg::Tensor w = nn::parameters(net)[0].value, b = nn::parameters(net)[1].value;
  const tg::Tensor ends = tg::tensor({-3.0, 3.0});
  for (int k = 0; k < hidden; ++k)  // where w0 x + w1 y + b is 0
    field.lines.push_back(
        {"line of a hidden unit, in the end", ends, -(w[k][0] * ends + b[k]) / w[k][1]});
  return {nn::accuracy(net(x), y), field};
}

bool teach(report::Page& page, const lesson::Options& options) {
  tg::manual_seed(5);
  const tg::Tensor y = tg::randint(0, 2, {400}), angle = 6.2831853 * tg::rand({400});
  const tg::Tensor disc = 1.2 * tg::sqrt(tg::rand({400})), ring = 2 + 0.8 * tg::rand({400});
  const tg::Tensor radius = tg::where(y == 0, disc, ring);
  const tg::Tensor x = tg::stack({radius * tg::cos(angle), radius * tg::sin(angle)}, 1);

  report::Bars bars{.title = "How many points are right", .axis = {"accuracy", "", false, true}};
  for (const int hidden : {0, 1, 2, 3, 4, 8}) {
    std::pair<double, report::Field> best;
    for (int seed = 1; seed <= (options.quick ? 2 : 5); ++seed)
      if (auto next = train(x, y, hidden, seed); next.first > best.first) best = next;
    const auto& [accuracy, field] = best;
    fmt::print("{:15} {:5.1f} %\n", field.title, 100 * accuracy);
    bars.bars.push_back({.name = field.title, .value = accuracy, .colour = "accuracy"});
    if (hidden == 0 || hidden == 3 || hidden == 8) page.add(field);
  }
  page.add(bars);
  const auto at = [&](std::size_t i) { return bars.bars[i].value; };
  return at(0) < 0.55 && at(1) > 0.67 && at(1) < 0.73 && at(3) > 0.95 && at(5) > 0.95;
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
