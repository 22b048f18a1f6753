#pragma once

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

// Internal: what several functions of this room, and those made of them, have in common.

namespace tapegrad::detail {

/// Throws the `DTypeError` for a condition of `where` that is not bool.
void require_condition(const Tensor& condition);

/// Where |a - b| <= atol + rtol |b|, or both are equal, or NaN when `equal_nan`. Never recorded.
Tensor closeness(const Tensor& a, const Tensor& b, double rtol, double atol, Flag equal_nan);

}  // namespace tapegrad::detail
