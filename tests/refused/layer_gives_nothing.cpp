// refused: a layer returns a Tensor
#include <nn/layers/sequential.h>

namespace nn = tapegrad::nn;
using tapegrad::Tensor;

struct Layer {
  void operator()(const Tensor&) const {}
};

nn::Sequential net{Layer()};
