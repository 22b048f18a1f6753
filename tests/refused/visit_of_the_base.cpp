// refused: the visit of a base class does not name what is added to it
#include <nn/layers/linear/linear.h>
#include <nn/layers/sequential.h>

namespace nn = tapegrad::nn;

struct Block : nn::Linear {
  nn::Linear extra{2, 2};
  Block() : nn::Linear(2, 2) {}
  tapegrad::Tensor operator()(const tapegrad::Tensor& x) const {
    return extra(nn::Linear::operator()(x));
  }
};

nn::Sequential net{Block()};
