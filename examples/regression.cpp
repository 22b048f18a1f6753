#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include <exception>

#include "flags/report_flag.h"
#include "regression/picture.h"

// Fits a curve to noisy points with a few wild outliers, once by squared and once by absolute
// error. The square listens to the outliers; the absolute value hardly hears them. `--report
// FILE.html` writes a page that shows both, and what they leave.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

tg::Tensor curve(const tg::Tensor& x) { return tg::sin(3 * x) + 0.5 * x; }

template <class Loss>
nn::Sequential fit(const tg::Tensor& x, const tg::Tensor& y, Loss loss) {
  tg::manual_seed(7);  // both fits start from the same weights
  nn::Sequential net{nn::Linear{1, 32}, tg::tanh, nn::Linear{32, 32}, tg::tanh, nn::Linear{32, 1}};
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  nn::CosineAnnealingLR schedule(optimizer, {.T_max = 1500});
  for (int step = 0; step < 1500; ++step) {
    optimizer.zero_grad();
    loss(net(x), y).backward();
    optimizer.step();
    schedule.step();
  }
  return net;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string report;
  if (const auto status = flags::read_report_flag("regression", argc, argv, report)) return *status;
  tg::manual_seed(1);
  const tg::Tensor x = tg::linspace(-2, 2, 200).unsqueeze(1);
  const tg::Tensor outlier = tg::bernoulli(0.08, x.shape());
  const tg::Tensor y = curve(x) + 0.05 * tg::randn(x.shape()) + 4 * outlier;

  const nn::Sequential squared =
      fit(x, y, [](const auto& a, const auto& b) { return nn::mse_loss(a, b); });
  const nn::Sequential absolute =
      fit(x, y, [](const auto& a, const auto& b) { return nn::l1_loss(a, b); });

  const tg::NoGrad no_grad;
  const auto distance = [&](const nn::Sequential& net) {
    return nn::l1_loss(net(x), curve(x)).item();
  };
  fmt::print("mean distance from the true curve, {:.0f} of {} points being outliers\n",
             outlier.sum().item(), x.size(0));
  fmt::print("  trained on the squared error   {:.3f}\n", distance(squared));
  fmt::print("  trained on the absolute error  {:.3f}\n", distance(absolute));
  fmt::print("\n{:>6} {:>8} {:>8} {:>8}\n", "x", "true", "squared", "absolute");
  for (std::int64_t i = 0; i < x.size(0); i += 20) {
    const tg::Tensor row = x[i].unsqueeze(0);
    fmt::print("{:6.2f} {:8.3f} {:8.3f} {:8.3f}\n", row.item(), curve(row).item(),
               squared(row).item(), absolute(row).item());
  }
  if (!report.empty())
    regression::write_picture(report, x, y, curve(x),
                              {{"squared error", squared(x)}, {"absolute error", absolute(x)}});
} catch (const std::exception& error) {
  return fmt::print(stderr, "regression: {}\n", error.what()), 1;
}
