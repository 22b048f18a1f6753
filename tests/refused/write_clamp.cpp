// refused by a comment: a gradient: w.mutable_grad().clamp_(a, b)
#include <autograd/tensor/tensor.h>

void change(tapegrad::Tensor x) { x.grad().clamp_(-1, 1); }
