// refused by a comment: for a leading row of x, `Tensor row = x[i]; row.add_(y)
#include <autograd/tensor/tensor.h>

void change(tapegrad::Tensor x) { x.select(1, 0).add_(1); }
