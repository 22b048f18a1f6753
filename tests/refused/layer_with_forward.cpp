// refused: a layer is called with a Tensor: Tensor operator()(const Tensor& x) const
#include <nn/layers/sequential.h>

namespace nn = tapegrad::nn;
using tapegrad::Tensor;

struct Layer {
  Tensor forward(const Tensor& x) const { return x; }
};

nn::Sequential net{Layer()};
