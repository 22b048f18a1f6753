// refused: the function of a scalar operator takes a number, auto x, for each input
#include <autograd/autograd.h>
#include <autograd/scalar_op.h>

const auto twice = tapegrad::scalar_op([](const tapegrad::Tensor& x) { return 2 * x; });

void read(const tapegrad::Tensor& x) { (void)twice(x); }
