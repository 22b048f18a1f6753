// Lesson 6, backpropagation: the gradients of a network of two layers, written by hand with the
// chain rule, beside those that backward() finds on its tape.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <algorithm>

#include "lesson/lesson.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;

namespace {

const lesson::About about{
    .name = "lesson_6_backpropagation",
    .title = "Lesson 6: backpropagation by hand",
    .what_to_see =
        "The graph is what the tape recorded while the loss was computed, from top to bottom; "
        "backpropagation goes through it from the bottom to the top, and multiplies by one "
        "derivative at each operator. The table has the same in formulas, as the program writes "
        "them by hand. The curves compare both in every step of a training: the gradients become "
        "smaller as the network learns, and the difference stays far below, at the rounding of "
        "float32."};

bool teach(report::Page& page, const lesson::Options&) {
  tg::manual_seed(6);
  const tg::Tensor y = tg::randint(0, 3, {90}), angle = y * 2.0944 + 0.6 * tg::randn(90);
  const tg::Tensor x = tg::stack({tg::cos(angle), tg::sin(angle)}, 1);
  tg::Tensor w1 = tg::randn({2, 8}).requires_grad_(), b1 = tg::zeros(8).requires_grad_();
  tg::Tensor w2 = tg::randn({8, 3}).requires_grad_(), b2 = tg::zeros(3).requires_grad_();

  std::vector<double> largest, difference;  // of all elements of all gradients, in each step
  double worst = 0;
  tg::Tensor loss;
  for (int step = 0; step < 100; ++step) {
    const tg::Tensor z = tg::matmul(x, w1) + b1, h = tg::tanh(z), s = tg::matmul(h, w2) + b2;
    loss = nn::cross_entropy(s, y);
    if (step == 0) {
      const tg::TensorNames names{{"x", x},   {"y", y},   {"w1", w1},    {"b1", b1},
                                  {"w2", w2}, {"b2", b2}, {"loss", loss}};
      page.add(report::graph_of(loss, names, "What the tape recorded"));
    }
    for (tg::Tensor* parameter : {&w1, &b1, &w2, &b2}) parameter->zero_grad();
    loss.backward();

    const tg::NoGrad no_grad;  // by hand; ds stands for the derivative of the loss by s
    const tg::Tensor ds = (tg::softmax(s, 1) - tg::one_hot(y, 3)) / y.size(0);
    const tg::Tensor dw2 = tg::matmul(h, ds, {.transpose_a = true}), db2 = tg::sum(ds, 0);
    const tg::Tensor dh = tg::matmul(ds, w2, {.transpose_b = true}), dz = dh * (1 - h * h);
    const tg::Tensor dw1 = tg::matmul(x, dz, {.transpose_a = true}), db1 = tg::sum(dz, 0);

    largest.push_back(0), difference.push_back(0);
    for (auto [parameter, by_hand] : {std::pair(w1, dw1), {b1, db1}, {w2, dw2}, {b2, db2}}) {
      const tg::Tensor apart = tg::abs(parameter.grad() - by_hand);
      difference.back() = std::max(difference.back(), tg::max(apart).item());
      largest.back() = std::max(largest.back(), tg::max(tg::abs(by_hand)).item());
      parameter -= 0.5 * by_hand;  // it learns by what was found by hand
    }
    worst = std::max(worst, difference.back());
  }
  fmt::print("loss at the end                        {:.3f}\n", loss.item());
  fmt::print("largest element of a gradient          {:.1e}\n", *std::ranges::max_element(largest));
  fmt::print("largest difference, by hand and tape   {:.1e}\n", worst);

  page.add(report::Table{
      .title = "The chain rule, from the bottom to the top",
      .columns = {"forwards", "backwards, where ds is the derivative of the loss by s"},
      .rows = {{"loss = cross_entropy(s, y)", "ds = (softmax(s) - one_hot(y)) / number of points"},
               {"s = h w2 + b2",
                "dw2 = transposed(h) ds, db2 = sum of ds over the points, dh = ds transposed(w2)"},
               {"h = tanh(z)", "dz = dh (1 - h h), element by element"},
               {"z = x w1 + b1", "dw1 = transposed(x) dz, db1 = sum of dz over the points"}}});
  page.add(report::Lines{
      .title = "By hand and by the tape",
      .x = {"step"},
      .y = {"largest absolute element", "", true},
      .series = {{.name = "gradient", .y = largest}, {.name = "difference", .y = difference}}});
  return worst < 1e-6 && worst < largest.back() / 1000 && largest.back() < largest.front() / 2;
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
