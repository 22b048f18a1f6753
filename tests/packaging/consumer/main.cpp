// A user's program: learns "exclusive or" with a small network; exit status 1 if it does not.

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <cstdio>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

int main() {
  tg::manual_seed(1);
  const tg::Tensor x = tg::tensor({{0., 0.}, {0., 1.}, {1., 0.}, {1., 1.}});
  const tg::Tensor y = tg::tensor({0, 1, 1, 0});

  nn::Sequential net{nn::Linear{2, 16}, tg::tanh, nn::Linear{16, 2}};
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.05});
  double loss_value = 0;
  for (int step = 0; step < 200; ++step) {
    optimizer.zero_grad();
    const tg::Tensor loss = tg::cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    loss_value = loss.item();
  }
  std::printf("loss after 200 steps: %.5f\n", loss_value);
  return loss_value < 0.05 ? 0 : 1;
}
