// Lesson 1, linear regression: a line through points by gradient descent, once by the squared error
// (least squares) and once by the absolute error (least absolute deviations).

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <cmath>

#include "lesson/lesson.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;

namespace {

const lesson::About about{
    .name = "lesson_1_regression",
    .title = "Lesson 1: a line through points",
    .what_to_see =
        "A few points on the right are far too low: the squared error counts large distances most, "
        "so that its line bends to them, and the line of the absolute error hardly heeds them. Its "
        "residuals lie around 0 for all points that belong to the line, so that the others stand "
        "out; the squared error is right for hardly any point. The maps show the error of every "
        "possible line: the one is an even bowl, the other a hollow whose deepest place is close "
        "to the true line, and gradient descent finds its way down into both."};

using Loss = decltype(&nn::mse_loss);

/// The way of gradient descent, `[1 + steps, 2]`: slope and intercept, from (0, 0) on.
tg::Tensor descend(const tg::Tensor& x, const tg::Tensor& y, Loss loss) {
  tg::Tensor line = tg::zeros(2).requires_grad_();
  std::vector<tg::Tensor> way{tg::zeros(2)};
  for (int step = 0; step < 300; ++step) {
    line.zero_grad();
    loss(line[0] * x + line[1], y, {}).backward();
    const tg::NoGrad no_grad;  // what follows is not to be differentiated
    line -= 0.1 * line.grad();
    way.push_back(line.clone());
  }
  return tg::stack(way);
}

bool teach(report::Page& page, const lesson::Options&) {
  tg::manual_seed(1);
  const tg::Tensor x = tg::linspace(-1, 1, 60);
  const tg::Tensor low = tg::bernoulli(0.5, x.shape()) * (x > 0.6);
  const tg::Tensor y = 2 * x + 1 + 0.15 * tg::randn(x.shape()) - 3 * low;
  fmt::print("true line        2.00 x + 1.00; {} of {} points are off\n", low.sum().item(), 60);

  report::Fit fit{.title = "Two lines", .x = {"x"}, .y = {"y"}, .points_x = x, .points_y = y};
  const report::Grid grid{.left = -0.5, .right = 3, .bottom = -1, .top = 2.5};
  const tg::Tensor slopes = grid.points().narrow(1, 0, 1);
  const tg::Tensor intercepts = grid.points().narrow(1, 1, 1);
  std::vector<report::Field> maps;
  std::vector<double> found;
  for (const Loss loss : {&nn::mse_loss, &nn::l1_loss}) {
    const std::string name = loss == &nn::mse_loss ? "squared error" : "absolute error";
    const tg::Tensor way = descend(x, y, loss), line = way[-1];
    fmt::print("{:16} {:.2f} x + {:.2f}\n", name, line[0].item(), line[1].item());
    found.push_back(line[0].item());

    const tg::Tensor fitted = line[0] * x + line[1];
    fit.curves.push_back({.name = name, .x = x, .y = fitted, .fitted = fitted});
    const tg::Tensor errors =
        loss(slopes * x + intercepts, y, {.reduction = tg::Reduction::none, .broadcast = true});
    maps.push_back({.title = "The " + name + " of every line", .x = {"slope"}, .y = {"intercept"}});
    maps.back().grid = grid, maps.back().unit = "mean " + name;
    maps.back().frames = {{"", tg::mean(errors, 1)}};
    maps.back().lines = {{"way of gradient descent", way.narrow(1, 0, 1), way.narrow(1, 1, 1)},
                         {.name = "true line", .x = {2}, .y = {1}, .line = report::Line::none}};
  }
  fit.curves.push_back({.name = "true line", .x = x, .y = 2 * x + 1, .line = report::Line::dashed});
  page.add(fit).add(maps[0]).add(maps[1]);
  return std::abs(found[1] - 2) < std::abs(found[0] - 2) / 3;
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
