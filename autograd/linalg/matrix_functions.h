#pragma once

/// @file
/// The exponential of a matrix, powers with negative exponents, norms by singular values.
///
///     tg::Tensor A = tg::tensor({{0.0, 1.0}, {-1.0, 0.0}});
///     tg::Tensor turned = tg::matrix_exp(A), back = tg::matrix_power(turned, -1);

#include <concepts>
#include <cstdint>

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @cond
namespace detail {
Tensor matrix_power_of(const Tensor& A, std::int64_t n);
}  // namespace detail
/// @endcond

/// @addtogroup linalg
/// @{

/// 1 + A + A^2 / 2 + A^3 / 6 + ... of each matrix `[..., n, n]`. By N. Higham, The scaling and
/// squaring method for the matrix exponential revisited (2005), with the approximant of degree 13;
/// the derivative is the block of the exponential of [[A, dA], [0, A]] that stands where dA is. NaN
/// and infinities give NaN.
Tensor matrix_exp(const Tensor& A);

/// The square matrices `[..., n, n]` `n` times as a factor; for a negative `n` their inverses -`n`
/// times. With this header `n` may be negative, and floating-point matrices alone have inverses.
/// Errors: those of `matrix_power` for others, and of `inverse`.
template <std::integral N>
requires(!std::same_as<N, bool>) Tensor matrix_power(const Tensor& A, N n) {
  return detail::matrix_power_of(A, static_cast<std::int64_t>(n));
}

/// Norms of matrices that are of their singular values; PyTorch's names for the first two are
/// numbers.
enum class SpectralNorm {
  two,        ///< 2: the largest one
  minus_two,  ///< -2: the smallest one
  nuc         ///< the sum of all
};
/// The norm of each matrix in two dimensions. Equal singular values share the gradient evenly; of
/// those that are 0 it is one of several. Errors: `DTypeError` unless floating-point; `IndexError`
/// unless these are two different dimensions that the tensor has; `ShapeError` for the largest or
/// smallest of none; `ValueError` for NaN and infinities.
Tensor matrix_norm(const Tensor& x, SpectralNorm ord, const Dims& dims = {-2, -1},
                   Flag keepdim = false);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
OperatorInfo matrix_exp_cases();
inline constexpr OperatorInfo (*kMatrixFunctionCases[])() = {matrix_exp_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
