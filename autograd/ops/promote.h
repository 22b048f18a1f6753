#pragma once

#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

/// `tensor` converted without recording; itself when it has that type.
Tensor converted(const Tensor& tensor, DType dtype);

/// The shape both broadcast to; `name` is the operator's, for the message. Errors: `ShapeError`.
Shape broadcast(const Shape& a, const Shape& b, const char* name);

/// The element type of an operator on one tensor that is defined for floating-point numbers.
DType floating_type(const Tensor& tensor);

/// `dim` counted from 0, for a tensor of `rank` dimensions (a number counts as one). Errors:
/// `IndexError`.
int normal_dim(int dim, int rank, const char* name);

/// Throws `DTypeError` unless floating-point.
void require_floating(const Tensor& tensor, const char* name);

}  // namespace tapegrad::detail
