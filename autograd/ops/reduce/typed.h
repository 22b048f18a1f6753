#pragma once

/// @file
/// Reductions of tensors that are converted first: more digits than the elements have, or a mean of
/// integers.
///
///     tg::Tensor counts = tg::tensor({1, 2, 4});
///     tg::Tensor mean = tg::mean(counts, tg::float64);

#include <concepts>

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup reductions
/// @{

/// What the functions of these names give of `x` converted to `dtype` first, as `to` does, and of
/// that type: a mean of integers, or a sum with more digits than its elements have. The gradient
/// has the type of `x`. Errors: those of `to`, and of the functions.
/// @{
Tensor sum(const Tensor& x, const Dims& dims, Flag keepdim, DType dtype);
Tensor mean(const Tensor& x, const Dims& dims, Flag keepdim, DType dtype);
Tensor prod(const Tensor& x, const Dims& dims, Flag keepdim, DType dtype);
/// @}
/// The same over all dimensions. (Templates, so that `{}` stays a list of dimensions.)
/// @{
template <std::same_as<DType> Type>
Tensor sum(const Tensor& x, Type dtype) {
  return sum(x, {}, false, dtype);
}
template <std::same_as<DType> Type>
Tensor mean(const Tensor& x, Type dtype) {
  return mean(x, {}, false, dtype);
}
template <std::same_as<DType> Type>
Tensor prod(const Tensor& x, Type dtype) {
  return prod(x, {}, false, dtype);
}
/// @}

/// @}

/// @addtogroup rows
/// @{

/// What the functions of these names give of `x` converted to `dtype` first. The gradient has the
/// type of `x`. Errors: those of `to`; `DTypeError` for a type that is not floating-point.
/// @{
Tensor softmax(const Tensor& x, int dim, DType dtype);
Tensor log_softmax(const Tensor& x, int dim, DType dtype);
/// @}

/// @}

}  // namespace tapegrad
