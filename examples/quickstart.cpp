#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

// Learns on which side of a circle a point lies.
int main() {
  tg::manual_seed(1);
  const tg::Tensor x = tg::rand({512, 2}) * 4 - 2;
  const tg::Tensor y = (tg::sum(x * x, 1) < 2).to(tg::int64);  // 1 inside, 0 outside

  nn::Sequential net{nn::Linear{2, 16}, tg::tanh, nn::Linear{16, 2}};
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.03});
  nn::DataLoader loader(nn::TensorDataset(x, y), {.batch_size = 32, .shuffle = true});

  for (int epoch = 1; epoch <= 30; ++epoch)
    for (const auto& [inputs, classes] : loader) {
      optimizer.zero_grad();
      nn::cross_entropy(net(inputs), classes).backward();
      optimizer.step();
    }
  fmt::print("accuracy {:.1f} %\n", 100 * nn::accuracy(net(x), y));
}
