// refused by a comment: a flag is `true` or `false`; several dimensions are written {0, 1}
#include <autograd/tensor/tensor.h>

void change(tapegrad::Tensor x) { x.sum(0, 1); }
