// refused: a loss or metric returns a Tensor, not a number
#include <nn/nn.h>

using namespace tapegrad;

void wrong(nn::Linear& net, nn::SGD& optimizer) {
  nn::Trainer trainer(
      net, [](const Tensor& x, const Tensor& y) { return nn::mse_loss(x, y).item(); }, optimizer);
}
