#pragma once

/// @file
/// Second names that PyTorch has for some functions. Inline, so that they cost nothing.
///
///     tg::Tensor x = tg::tensor({-2.0, 3.0});
///     tg::Tensor y = tg::clip(tg::multiply(x, 2), -1, 1);  // clamp, mul

#include <utility>

#include "autograd/ops/ops.h"  // which includes this

namespace tapegrad {

/// @addtogroup arithmetic
/// @{

/// `sub`.
inline Tensor subtract(const Tensor& a, const Tensor& b) { return sub(a, b); }
/// `sub` of alpha times b.
inline Tensor subtract(const Tensor& a, const Tensor& b, const Tensor& alpha) {
  return sub(a, b, alpha);
}
/// `mul`.
inline Tensor multiply(const Tensor& a, const Tensor& b) { return mul(a, b); }
/// `div`.
inline Tensor divide(const Tensor& a, const Tensor& b) { return div(a, b); }
/// `div`, which is true division.
inline Tensor true_divide(const Tensor& a, const Tensor& b) { return div(a, b); }
/// `neg`.
inline Tensor negative(Tensor x) { return neg(std::move(x)); }
/// `abs`.
inline Tensor absolute(Tensor x) { return abs(std::move(x)); }
/// `clamp`.
inline Tensor clip(const Tensor& x, const Tensor& min, const Tensor& max = {}) {
  return clamp(x, min, max);
}
/// `clamp` from below alone.
inline Tensor clamp_min(const Tensor& x, const Tensor& min) { return clamp(x, min); }
/// `clamp` from above alone.
inline Tensor clamp_max(const Tensor& x, const Tensor& max) { return clamp(x, {}, max); }

/// @}

/// @addtogroup logic
/// @{

/// `gt`.
inline Tensor greater(const Tensor& a, const Tensor& b) { return gt(a, b); }
/// `ge`.
inline Tensor greater_equal(const Tensor& a, const Tensor& b) { return ge(a, b); }
/// `lt`.
inline Tensor less(const Tensor& a, const Tensor& b) { return lt(a, b); }
/// `le`.
inline Tensor less_equal(const Tensor& a, const Tensor& b) { return le(a, b); }
/// `ne`.
inline Tensor not_equal(const Tensor& a, const Tensor& b) { return ne(a, b); }

/// @}

/// @addtogroup shapes
/// @{

/// `cat`.
inline Tensor concat(const std::vector<Tensor>& tensors, int dim = 0) { return cat(tensors, dim); }
/// `movedim`.
inline Tensor moveaxis(const Tensor& x, const Dims& source, const Dims& destination) {
  return movedim(x, source, destination);
}
/// `flatten` to one dimension.
inline Tensor ravel(const Tensor& x) { return flatten(x); }

/// @}

}  // namespace tapegrad
