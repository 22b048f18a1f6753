// refused: a model that is trained is not const
#include <nn/nn.h>

namespace nn = tapegrad::nn;

void wrong(const nn::Linear& net, nn::SGD& optimizer) {
  nn::Trainer trainer(net, nn::mse_loss, optimizer);
}
