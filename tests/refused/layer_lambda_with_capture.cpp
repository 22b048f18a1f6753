// refused: if nothing in it is trained or saved, mark it: nn::stateless(f)
#include <nn/linear.h>
#include <nn/sequential.h>

namespace nn = tapegrad::nn;

void build(const nn::Linear& fc) {
  nn::Sequential net{[fc](const tapegrad::Tensor& x) { return fc(x); }};
}
