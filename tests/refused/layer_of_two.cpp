// refused: a layer is called with a Tensor: Tensor operator()(const Tensor& x) const
#include <nn/nn.h>

namespace nn = tapegrad::nn;
using tapegrad::Tensor;

struct Layer {
  Tensor operator()(const Tensor& x, const Tensor& y) const { return x + y; }
};

nn::Sequential net{Layer()};
