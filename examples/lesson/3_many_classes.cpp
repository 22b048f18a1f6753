// Lesson 3, many classes: a layer gives every class a score, softmax makes probabilities of the
// scores, and the loss is the logarithm of what the right class did not get.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include "lesson/lesson.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;

namespace {

const lesson::About about{
    .name = "lesson_3_many_classes",
    .title = "Lesson 3: many classes",
    .what_to_see =
        "Every class has a region of its own, and all borders are straight, since on a border two "
        "scores are equal, and scores are sums. Play the steps: at first the outer classes divide "
        "the plane among themselves, and the one in the middle gets its place last. Each row of the "
        "table adds up to 100 %, but for rounding: almost all for one class within a cloud, divided "
        "where classes meet, and most certain far outside, where no point ever was."};

bool teach(report::Page& page, const lesson::Options&) {
  tg::manual_seed(3);
  const tg::Tensor centres =
      tg::tensor({{0.0, 0.0}, {2.5, 0.0}, {0.0, 2.5}, {-2.5, 0.0}, {0.0, -2.5}});
  const tg::Tensor y = tg::randint(0, 5, {500});
  const tg::Tensor x = centres.index({y}) + 0.6 * tg::randn({500, 2});

  nn::Linear net(2, 5);
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.3});
  report::Field field{.title = "Who has which place, step by step",
                      .class_names = {"middle", "right", "upper", "left", "lower"}};
  field.grid = {.left = -5, .right = 5, .bottom = -5, .top = 5};
  field.points = x, field.classes = y;
  for (int step = 1; step <= 100; ++step) {
    optimizer.zero_grad();
    const tg::Tensor loss = nn::cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();

    const tg::NoGrad no_grad;  // the rest is for looking at
    const std::string label = fmt::format("step {}", step);
    field.frames.push_back({label, tg::softmax(net(field.grid.points()), 1)});
    if (step == 1 || step % 25 == 0)
      fmt::print("{:8}  loss {:.3f}, accuracy {:.1f} %\n", label, loss.item(),
                 100 * nn::accuracy(net(x), y));
  }

  const tg::NoGrad no_grad;
  const tg::Tensor places = tg::tensor({{2.5, 0.0}, {1.2, 0.0}, {2.0, 2.0}, {8.0, 0.0}});
  report::Matrix shares{.title = "How surely some places belong to each class, in percent"};
  shares.values = tg::round(100 * tg::softmax(net(places), 1));
  shares.rows = "place", shares.columns = "class", shares.column_names = field.class_names;
  shares.row_names = {"(2.5, 0)", "(1.2, 0)", "(2, 2)", "(8, 0)"};
  page.add(field).add(shares);
  return nn::accuracy(net(x), y) > 0.9;
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
