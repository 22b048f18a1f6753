// Lesson 2, two classes: points are of class 0 or of class 1, and the logistic loss finds the line
// between them, and how sure one can be on either side.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include "lesson/lesson.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;

namespace {

const lesson::About about{
    .name = "lesson_2_two_classes",
    .title = "Lesson 2: two classes",
    .what_to_see =
        "Where the colours fade is the border, on which both classes have a probability of one "
        "half; the stronger the colour, the surer the model is, and between the clouds it is not. "
        "Play the steps: the first ones already turn the border nearly into its place, the others "
        "make the model surer, as weights grow. The curve is the same seen from the side: the sum "
        "w0 x + w1 y + b of a point is 0 on the border, the logistic function makes it a "
        "probability, and mistakes are those of class 0 on the right and of class 1 on the left."};

bool teach(report::Page& page, const lesson::Options&) {
  tg::manual_seed(2);
  const tg::Tensor x = tg::cat(
      {tg::randn({80, 2}) + tg::tensor({-1.0, -0.8}), tg::randn({80, 2}) + tg::tensor({1.2, 0.8})});
  const tg::Tensor y = tg::cat({tg::zeros(80), tg::ones(80)});

  // The sum w0 x + w1 y + b is 0 on a line, above 0 on one side of it and below on the other.
  tg::Tensor w = tg::zeros(2).requires_grad_(), b = tg::zeros(1).requires_grad_();
  const auto sum = [&](const tg::Tensor& points) { return tg::matmul(points, w) + b; };
  nn::SGD optimizer({{"w", w}, {"b", b}}, {.lr = 0.5});
  report::Field field{.title = "Probabilities, step by step",
                      .class_names = {"class 0", "class 1"}};
  field.grid = {.left = -4, .right = 4, .bottom = -4, .top = 4};
  field.points = x, field.classes = y;
  for (int step = 1; step <= 60; ++step) {
    optimizer.zero_grad();
    const tg::Tensor sums = sum(x), loss = nn::binary_cross_entropy_with_logits(sums, y);
    loss.backward();
    if (step == 1 || step % 20 == 0)
      fmt::print("before step {:2}  loss {:.3f}, accuracy {:.1f} %\n", step, loss.item(),
                 100 * nn::accuracy(sums, y.to(tg::int64)));
    optimizer.step();

    const tg::NoGrad no_grad;  // the rest is for looking at
    field.frames.push_back({fmt::format("step {}", step), tg::sigmoid(sum(field.grid.points()))});
  }
  fmt::print("border          {:.2f} x {:+.2f} y {:+.2f} = 0\n", w[0].item(), w[1].item(),
             b.item());

  const tg::NoGrad no_grad;
  const tg::Tensor ends = tg::tensor({-4.0, 4.0});
  field.lines = {{.name = "border in the end", .x = ends, .y = -(w[0] * ends + b) / w[1]}};
  const tg::Tensor sums = sum(x), line = tg::linspace(-10, 10, 100);
  page.add(field).add(
      report::Lines{.title = "The logistic function",
                    .x = {"sum w0 x + w1 y + b of a point"},
                    .y = {.label = "probability of class 1", .percent = true},
                    .series = {{.name = "class 0",
                                .x = sums.narrow(0, 0, 80),
                                .y = tg::zeros(80),
                                .line = report::Line::none},
                               {.name = "class 1",
                                .x = sums.narrow(0, 80, 80),
                                .y = tg::ones(80),
                                .line = report::Line::none},
                               {.name = "logistic function", .x = line, .y = tg::sigmoid(line)}}});
  return nn::accuracy(sums, y.to(tg::int64)) > 0.85;
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
