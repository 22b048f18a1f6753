// refused: the function of a scalar operator takes a number, auto x, for each input, and
#include <autograd/autograd.h>
#include <autograd/scalar_op.h>

const auto count = tapegrad::scalar_op([n = 0](auto x) mutable { return x * ++n; });

void read(const tapegrad::Tensor& x) { (void)count(x); }
