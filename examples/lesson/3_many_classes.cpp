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
        "scores are equal, and scores are sums. Play the steps: the middle class first loses the "
        "place that chance gave it, and gets one between the others last. Each row of the table "
        "adds up to 100 %, but for rounding: almost all for one class within an outer cloud, less "
        "in the middle, divided where classes meet, most certain far outside, where no point is."};

bool teach(report::Page& page, const lesson::Options&) {
  tg::manual_seed(3);
  const tg::Tensor centres = 2.5 * tg::tensor({{0, 0}, {1, 0}, {0, 1}, {-1, 0}, {0, -1}});
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
    const tg::Tensor scores = net(x), loss = nn::cross_entropy(scores, y);
    loss.backward();
    if (step == 1 || step % 25 == 0)
      fmt::print("before step {:3}  loss {:.3f}, accuracy {:.1f} %\n", step, loss.item(),
                 100 * nn::accuracy(scores, y));
    optimizer.step();
    const tg::NoGrad no_grad;  // the rest is for looking at
    field.frames.push_back(
        {fmt::format("step {}", step), tg::softmax(net(field.grid.points()), 1)});
  }

  const tg::NoGrad no_grad;
  const tg::Tensor spots = tg::tensor({{2.5, 0.0}, {0.0, 0.0}, {1.2, 0.0}, {2.0, 2.0}, {8.0, 0.0}});
  report::Matrix shares{.title = "How surely some places belong to each class, in percent"};
  const tg::Tensor& sure = shares.values = tg::round(100 * tg::softmax(net(spots), 1));
  shares.rows = "place", shares.columns = "class", shares.column_names = field.class_names;
  shares.row_names = {"(2.5, 0)", "(0, 0)", "(1.2, 0)", "(2, 2)", "(8, 0)"};
  page.add(field).add(shares);
  const auto first = [&](int i) { return tg::min(tg::argmax(field.frames[i].values, 1)).item(); };
  return nn::accuracy(net(x), y) > 0.9 && sure[0][1].item() > 90 && sure[1][0].item() < 80 &&
         first(0) == 0 && first(5) > 0 && first(99) == 0;  // the middle class has a place, or not
}

}  // namespace

int main(int argc, char** argv) { return lesson::give(about, teach, argc, argv); }
