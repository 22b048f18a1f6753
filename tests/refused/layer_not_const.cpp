// refused: a layer is called with a Tensor: Tensor operator()(const Tensor& x) const
#include <nn/layers/sequential.h>

namespace nn = tapegrad::nn;

struct Layer {
  tapegrad::Tensor operator()(const tapegrad::Tensor& x) { return x; }
};

nn::Sequential net{Layer()};
