#pragma once

#include "autograd/tensor/tensor.h"

// Internal: the derivative of norms, for the operators that have it.

namespace tapegrad::detail {

/// dy/dx = sign(x) (|x| / y)^(p - 1) of the norm y of order p, finite and not 0, which broadcasts
/// to `x`; 0 where x or y is. No power of a large or small number is taken.
Tensor norm_slopes(const Tensor& x, const Tensor& y, double order);

}  // namespace tapegrad::detail
