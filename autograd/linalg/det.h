#pragma once

/// @file
/// Determinants, and their logarithms where the determinant itself would leave the range.
///
///     tg::Tensor A = tg::eye(3) * 2;
///     tg::Tensor volume = tg::det(A), log = tg::slogdet(A).logabsdet;

#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup linalg
/// @{

/// The determinant of each matrix `[..., n, n]`, `[...]`; 1 of an empty one. The gradient is the
/// matrix of cofactors, also where a matrix is singular (PyTorch gives 0 there), and so is the
/// second derivative. Errors: `ValueError` for third derivatives at a singular matrix.
Tensor det(const Tensor& A);

/// What `slogdet` gives.
struct SlogdetResult {
  Tensor sign;       ///< 1, -1, or 0 for a singular matrix; its gradient is 0
  Tensor logabsdet;  ///< log|det|, -inf for a singular matrix
};
/// Sign and logarithm of the determinant of each matrix `[..., n, n]`, both `[...]`, where the
/// determinant itself may leave the range of numbers. Errors: `ValueError` for the gradient of a
/// singular matrix, which has none.
SlogdetResult slogdet(const Tensor& A);
/// log(det) of each matrix: NaN where det is negative, -inf where it is 0. Errors: as `slogdet`.
Tensor logdet(const Tensor& A);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
OperatorInfo det_cases(), cofactors_cases(), cofactor_slope_cases(), slogdet_cases();
inline constexpr OperatorInfo (*kDeterminantCases[])() = {det_cases, cofactors_cases,
                                                          cofactor_slope_cases, slogdet_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
