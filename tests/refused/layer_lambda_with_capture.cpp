// refused: if nothing in it is trained or saved, mark it: nn::stateless(f)
#include <nn/layers/linear/linear.h>
#include <nn/layers/sequential.h>

namespace nn = tapegrad::nn;

void build(const nn::Linear& fc) {
  nn::Sequential net{[fc](const tapegrad::Tensor& x) { return fc(x); }};
}
