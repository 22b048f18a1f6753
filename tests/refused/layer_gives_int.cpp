// refused: a layer returns a Tensor
#include <nn/layers/sequential.h>

namespace nn = tapegrad::nn;

nn::Sequential net{[](const tapegrad::Tensor&) { return 1; }};
