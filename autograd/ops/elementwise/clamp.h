#pragma once

/// @file
/// Limits elements to a range, by numbers or by tensors.
///
///     tg::Tensor x = tg::tensor({-2.0, 0.5, 3.0});
///     tg::Tensor y = tg::clamp(x, -1, 1), above = tg::clamp(x, 0);

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
