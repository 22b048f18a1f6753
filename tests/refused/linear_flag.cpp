// refused: options have names: Linear(in, out, {.bias = false})
#include <nn/nn.h>

namespace nn = tapegrad::nn;

void mistake() { nn::Linear layer(3, 4, false); }
