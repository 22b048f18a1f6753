// A program that is compiled without exceptions: it computes gradients, by an operator of its own
// and in a loop that trains, and with an argument it makes a mistake.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <cstdio>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

#if defined(__cpp_exceptions)
#error "this is to be compiled with -fno-exceptions"
#endif

namespace {

struct Cube {
  static constexpr const char* name = "cube";
  static constexpr tg::Reads reads[] = {tg::kA};
  tg::Tensor forward(const tg::Tensor& x) const { return x * x * x; }
  tg::Tensor vjp(const tg::Tensor& g, const tg::Tensor& x, auto) const { return g * 3 * x * x; }
};

}  // namespace

int main(int count, char**) {
  const tg::Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  tg::sum(tg::apply(Cube{}, x)).backward();
  std::printf("gradient %g\n", x.grad()[1].item());

  nn::Linear layer(2, 1);
  nn::SGD optimizer(nn::parameters(layer), {.lr = 0.1});
  const tg::Tensor input = tg::ones({4, 2}), target = tg::zeros({4, 1});
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    nn::mse_loss(layer(input), target).backward();
    optimizer.step();
  }
  std::printf("loss %.3f\n", nn::mse_loss(layer(input), target).item());

  if (count > 1) (void)tg::matmul(x, tg::ones({3, 3}));
  return 0;
}
