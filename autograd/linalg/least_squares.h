#pragma once

/// @file
/// Systems that have no solution, or several: least squares, the pseudoinverse, ranks.
///
///     tg::Tensor x = tg::linspace(0, 1, 10);
///     tg::Tensor A = tg::stack({x, tg::ones({10})}, 1);
///     tg::Tensor line = tg::lstsq(A, 2 * x + 1).solution;  // slope and height

#include <optional>

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup linalg
/// Functions that ask for the rank of a matrix count the singular values above the larger of `atol`
/// and `rtol` times the largest one. `rtol` is the larger of m and n times the distance from 1 to
/// the next number, or 0 where `atol` is given.
/// @{

/// The pseudoinverse of each matrix `[..., m, n]`, `[..., n, m]`; singular values that do not count
/// are 0. The gradient is that of matrices of the same rank: G. Golub, V. Pereyra, The
/// differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate
/// (1973). Errors: `ValueError` for NaN and infinities.
Tensor pinv(const Tensor& A, std::optional<double> atol = {}, std::optional<double> rtol = {});
/// How many singular values of each matrix count; int64, never recorded. Errors: as `pinv`.
Tensor matrix_rank(const Tensor& A, std::optional<double> atol = {},
                   std::optional<double> rtol = {});
/// Which singular values count, and of what matrices.
struct RankOptions {
  std::optional<double> atol = {};  ///< they are above this
  std::optional<double> rtol = {};  ///< and above this times the largest one
  /// Whether the matrices are symmetric. Then the mean of both triangles is taken, so that what
  /// is decomposed is exactly symmetric, and half of the gradient goes to either triangle.
  Flag hermitian = false;
};
/// The same, `pinv(A, {.hermitian = true})`. Errors: also `ShapeError` for symmetric matrices that
/// are not square.
/// @{
Tensor pinv(const Tensor& A, const RankOptions& options);
Tensor matrix_rank(const Tensor& A, const RankOptions& options);
/// @}

/// What `lstsq` gives.
struct LstsqResult {
  Tensor solution;  ///< `[..., n, k]`, or vectors where B is
  Tensor
      residuals;  ///< for m > n, where all ranks are n: the sums of squares of A X - B, `[..., k]`;
                  ///< else empty
  Tensor rank;    ///< int64, `[...]`; not recorded
  Tensor singular_values;  ///< of A, `[..., min(m, n)]`; not recorded
};
/// X that makes A X - B smallest, A `[..., m, n]` and B `[..., m, k]` or vectors as `solve` takes
/// them; of several the smallest X. It is pinv(A) B, where `rcond` is the `rtol` of that, so that A
/// may be of any rank. Errors: as `pinv`.
LstsqResult lstsq(const Tensor& A, const Tensor& B, std::optional<double> rcond = {});

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
OperatorInfo pinv_cases();
inline constexpr OperatorInfo (*kLeastSquaresCases[])() = {pinv_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
