#pragma once

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup arithmetic
/// @{

/// `x` limited to [min, max]; an undefined bound does not limit. The gradient passes at the bounds:
/// there a bound that is a tensor has gradient 0. Where min > max the result is max. Errors:
/// `ValueError` when both bounds are undefined.
Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max = {});

/// @}

}  // namespace tapegrad
