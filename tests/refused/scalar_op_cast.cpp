// refused: a cast drops the derivatives of a number of a scalar operator; say so by x.item()
#include <autograd/autograd.h>
#include <autograd/scalar_op.h>

const auto table = tapegrad::scalar_op([](auto x) { return x * static_cast<int>(x); });

tapegrad::Tensor look_up(const tapegrad::Tensor& x) { return table(x); }
