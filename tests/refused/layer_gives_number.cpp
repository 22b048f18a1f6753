// refused: a layer returns a Tensor
#include <nn/layers/sequential.h>

namespace nn = tapegrad::nn;
using tapegrad::Tensor;

struct Layer {
  float operator()(const Tensor& x) const { return x.item<float>(); }
};

nn::Sequential net{Layer()};
