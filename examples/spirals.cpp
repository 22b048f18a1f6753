#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include <exception>

#include "flags/report_flag.h"
#include "spirals/picture.h"

// Three classes wound around each other, so that no straight line separates them: a linear model
// against a perceptron with one hidden layer, on points that neither has seen. `--report FILE.html`
// writes a page that shows how they divide the plane, epoch by epoch.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

constexpr int kClasses = 3;

/// `count` points on each of three noisy arms, and their classes.
nn::TensorDataset three_spirals(std::int64_t count) {
  std::vector<tg::Tensor> points, classes;
  for (int k = 0; k < kClasses; ++k) {
    const tg::Tensor radius = tg::linspace(0.05, 1, count);
    const tg::Tensor angle = 4 * radius + 2 * 3.14159265 * k / kClasses + 0.15 * tg::randn({count});
    points.push_back(tg::stack({radius * tg::sin(angle), radius * tg::cos(angle)}, 1));
    classes.push_back(tg::full({count}, k));
  }
  return {tg::cat(points), tg::cat(classes)};
}

double train_and_test(nn::Sequential net, const nn::TensorDataset& training,
                      const nn::TensorDataset& test, spirals::Course& course) {
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.02});
  nn::DataLoader loader(training, {.batch_size = 50, .shuffle = true, .seed = 5});
  for (int epoch = 0; epoch < 100; ++epoch) {
    for (const auto& [x, y] : loader) {
      optimizer.zero_grad();
      nn::cross_entropy(net(x), y).backward();
      optimizer.step();
    }
    course.epochs.push_back(nn::clone(net));
  }
  const tg::NoGrad no_grad;
  return nn::accuracy(net(test.inputs()), test.targets());
}

/// The plane as letters: which class the network sees at each place.
void draw(const nn::Sequential& net) {
  const tg::NoGrad no_grad;
  for (int row = 0; row < 21; ++row) {
    for (int column = 0; column < 42; ++column) {
      const tg::Tensor place = tg::tensor({{column / 20.5 - 1, 1 - row / 10.0}});
      fmt::print("{}", ".o#"[net(place).argmax().item<int>()]);
    }
    fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  std::string report;
  if (const auto status = flags::read_report_flag("spirals", argc, argv, report)) return *status;
  tg::manual_seed(3);
  const nn::TensorDataset training = three_spirals(200), test = three_spirals(200);
  const nn::Sequential linear{nn::Linear{2, kClasses}};
  const nn::Sequential mlp{nn::Linear{2, 64}, tg::relu, nn::Linear{64, kClasses}};

  fmt::print("test accuracy on {} unseen points\n", test.size());
  std::vector<spirals::Course> courses{{"linear model", {}}, {"64 hidden units", {}}};
  fmt::print("  linear model        {:5.1f} %\n",
             100 * train_and_test(linear, training, test, courses[0]));
  fmt::print("  64 hidden units     {:5.1f} %\n\n",
             100 * train_and_test(mlp, training, test, courses[1]));
  draw(mlp);  // shares its tensors with the copy that was trained
  if (!report.empty()) spirals::write_picture(report, training, test, courses);
} catch (const std::exception& error) {
  return fmt::print(stderr, "spirals: {}\n", error.what()), 1;
}
