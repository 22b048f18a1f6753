// refused by a comment: set_grad puts another tensor in
#include <autograd/tensor/tensor.h>

void change(tapegrad::Tensor x) { x.mutable_grad() = x; }
