// refused: the tensors are a list, in braces: cat({x, y})
#include <autograd/autograd.h>

void mistake(const tapegrad::Tensor& x) { tapegrad::cat(x, x); }
