// refused: the function of a scalar operator takes a number, auto x, for each input
#include <autograd/autograd.h>
#include <autograd/scalar_op.h>

const auto product = tapegrad::scalar_op([](auto x, auto y) { return x * y; });

void read(const tapegrad::Tensor& x) { (void)product(x); }
