#pragma once

/// @file
/// Every operator on tensors, family by family, and the signs and methods that some of them have.
///
///     tg::Tensor x = tg::randn({4, 3}), w = tg::randn({3});
///     tg::Tensor p = tg::sigmoid(tg::matmul(x, w));

#include "autograd/ops/elementwise/clamp.h"
#include "autograd/ops/elementwise/combined.h"
#include "autograd/ops/elementwise/composed.h"
#include "autograd/ops/elementwise/composed_activation.h"
#include "autograd/ops/elementwise/families.h"
#include "autograd/ops/elementwise/in_place.h"
#include "autograd/ops/index/index.h"
#include "autograd/ops/index/subscript.h"
#include "autograd/ops/linalg/linalg.h"
#include "autograd/ops/logic/bitwise.h"
#include "autograd/ops/logic/branches.h"
#include "autograd/ops/logic/logic.h"
#include "autograd/ops/order/counting.h"
#include "autograd/ops/order/order.h"
#include "autograd/ops/random/random.h"
#include "autograd/ops/reduce/norms.h"
#include "autograd/ops/reduce/reductions.h"
#include "autograd/ops/reduce/statistics.h"
#include "autograd/ops/reduce/typed.h"
#include "autograd/ops/rows/rows.h"
#include "autograd/ops/shape/arrange.h"
#include "autograd/ops/shape/diagonal.h"
#include "autograd/ops/shape/pad.h"
#include "autograd/ops/shape/pieces.h"
#include "autograd/ops/shape/shape.h"
#include "autograd/ops/shape/views.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup operators
/// Unless said otherwise an operator broadcasts its arguments as NumPy does, promotes their types
/// as PyTorch does (numbers and 0-d tensors do not widen a type of the same category), is recorded
/// when an argument requires a gradient, and throws `ShapeError` or `DTypeError` for arguments that
/// do not fit. Gradients at ties, zeros, bounds and NaN are stated where they are not obvious.
/// The undefined tensor is a `ValueError`, except where an argument may be left out.
/// @{

/// The element type of an operator on `a` and `b`.
DType result_type(const Tensor& a, const Tensor& b);
/// The shape that both broadcast to. Errors: `ShapeError`.
Shape broadcast_shapes(const Shape& a, const Shape& b);

/// @}

}  // namespace tapegrad

#include "autograd/ops/elementwise/aliases.h"
#include "autograd/ops/methods.h"
#include "autograd/ops/signs.h"
