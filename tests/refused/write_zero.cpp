// refused by a comment: use zeros(shape)
#include <autograd/tensor/tensor.h>

void change(tapegrad::Tensor x) { x.t().zero_(); }
