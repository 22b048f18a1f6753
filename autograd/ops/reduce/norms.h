#pragma once

/// @file
/// Norms of vectors and matrices, and distances by them, for elements of any size.
///
///     tg::Tensor x = tg::randn({4, 3});
///     tg::Tensor lengths = tg::vector_norm(x, 2, 1), size = tg::matrix_norm(x);

#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup reductions
/// @{

/// (sum of |x|^ord)^(1 / ord) over `dims`, all when empty; for inf the largest and for -inf the
/// smallest |x|, for 0 how many are not 0, whose gradient is 0. Elements of any size neither
/// overflow nor vanish on the way. The gradient is 0 where the norm is 0, and for an element that
/// is 0; equal elements share that of an infinite order evenly. Errors: `DTypeError` unless
/// floating-point; `ValueError` for NaN as order; `ShapeError` for an infinite order over nothing.
Tensor vector_norm(const Tensor& x, Real ord = 2, const Dims& dims = {}, Flag keepdim = false);
/// The same under its older name.
Tensor norm(const Tensor& x, Real p = 2, const Dims& dims = {}, Flag keepdim = false);
/// `vector_norm` of a - b, which broadcast.
Tensor dist(const Tensor& a, const Tensor& b, Real p = 2);

/// Norms of matrices that have a name.
enum class MatrixNorm {
  fro  ///< of Frobenius: the square root of the sum of all squares
};
/// The norm of each matrix in two dimensions. Errors: `DTypeError` unless floating-point;
/// `IndexError` unless these are two different ones that the tensor has.
Tensor matrix_norm(const Tensor& x, MatrixNorm ord = MatrixNorm::fro, const Dims& dims = {-2, -1},
                   Flag keepdim = false);
/// The same of order 1 (the largest sum of |x| over a column, `dims[0]`), inf (over a row), -1 and
/// -inf (the smallest ones). Errors: `ValueError` for other orders; `ShapeError` for nothing to
/// choose from.
Tensor matrix_norm(const Tensor& x, Real ord, const Dims& dims = {-2, -1}, Flag keepdim = false);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
[[gnu::cold]] OperatorInfo vector_norm_cases();
inline constexpr OperatorInfo (*kNormCases[])() = {vector_norm_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
