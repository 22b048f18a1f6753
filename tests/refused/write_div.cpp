// refused by a comment: a gradient: w.mutable_grad().div_(y)
#include <autograd/tensor/tensor.h>

void change(tapegrad::Tensor x) { x.grad().div_(2); }
