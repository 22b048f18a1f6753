#pragma once

#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

/// `tensor` converted without recording; itself when it has that type.
Tensor converted(const Tensor& tensor, DType dtype);

/// The shape both broadcast to; `name` is the operator's, for the message. Errors: `ShapeError`.
Shape broadcast(const Shape& a, const Shape& b, const char* name);

/// Checks what a loss of classes is given: `scores` (`what`: "logits") `[N, C]`, `[C]` or
/// `[N, C, ...]` of a floating-point type, and `target` int64 classes without the `C`, or, unless
/// that is not `probabilities`, floating-point of the same shape. Errors: `DTypeError`,
/// `ShapeError`, with the way out for swapped arguments, labels `[N, 1]` and one-hot rows.
void require_classes(const Tensor& scores, const Tensor& target, const char* what, const char* name,
                     bool probabilities = true);

/// The element type of an operator on one tensor that is defined for floating-point numbers.
DType floating_type(const Tensor& tensor);

}  // namespace tapegrad::detail
