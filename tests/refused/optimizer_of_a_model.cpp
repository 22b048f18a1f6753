// refused: an optimizer takes the parameters of a model: SGD(nn::parameters(model), ...)
#include <nn/nn.h>

namespace nn = tapegrad::nn;

void mistake(nn::Linear& net) { nn::Adam optimizer(net, {.lr = 0.1}); }
