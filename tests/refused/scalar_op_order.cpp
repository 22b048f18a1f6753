// refused: derivatives of a scalar operator have order 1 to 6
#include <autograd/autograd.h>
#include <autograd/scalar_op.h>

const auto twice = tapegrad::scalar_op<0>([](auto x) { return 2 * x; });
