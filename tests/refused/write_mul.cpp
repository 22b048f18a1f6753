// refused by a comment: a gradient: w.mutable_grad().mul_(y)
#include <autograd/tensor/tensor.h>

void change(tapegrad::Tensor x) { x.grad().mul_(0.5); }
