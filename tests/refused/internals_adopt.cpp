// refused: adopt
#include <autograd/autograd.h>

tapegrad::Tensor take(tapegrad::detail::Impl* value) { return tapegrad::Tensor::adopt(value); }
