// A line through four points; exit status 1 if that is not what comes out.

#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include <cmath>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

int main() {
  const tg::Tensor x = tg::tensor({{0.0}, {1.0}, {2.0}, {3.0}}), y = 2 * x + 1;
  nn::Linear line(1, 1);
  nn::Adam optimizer(nn::parameters(line), {.lr = 0.1});
  for (int step = 0; step < 500; ++step) {
    optimizer.zero_grad();
    nn::mse_loss(line(x), y).backward();
    optimizer.step();
  }
  const double slope = line.weight.item(), start = line.bias.item();
  fmt::print("y = {:.3f} x + {:.3f}\n", slope, start);
  return std::abs(slope - 2) < 1e-2 && std::abs(start - 1) < 1e-2 ? 0 : 1;
}
