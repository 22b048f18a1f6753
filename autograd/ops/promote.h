#pragma once

#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

/// `tensor` converted without recording; itself when it has that type.
Tensor converted(const Tensor& tensor, DType dtype);

/// The element type of an operator on one tensor that is defined for floating-point numbers.
DType floating_type(const Tensor& tensor);

}  // namespace tapegrad::detail
