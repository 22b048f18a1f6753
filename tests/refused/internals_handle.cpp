// refused: impl_
#include <autograd/autograd.h>

void* value_of(const tapegrad::Tensor& x) { return x.impl_; }
