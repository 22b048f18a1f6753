#pragma once

/// @file
/// Matrices as products: Cholesky, eigenvalues, singular values, QR.
///
///     tg::Tensor A = tg::tensor({{4.0, 1.0}, {1.0, 3.0}});
///     tg::Tensor L = tg::cholesky(A);
///     auto [values, vectors] = tg::eigh(A);

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup linalg
/// @{

/// L of A = L L^T, lower triangular, for each symmetric positive definite matrix `[..., n, n]`; its
/// transpose when `upper`. Of A the lower triangle is read (when `upper` the upper one), but the
/// gradient is that of a symmetric matrix: half of it goes to either triangle. Errors: `ValueError`
/// for a matrix that is not positive definite, which one with a NaN is not. Derivatives: I. Murray,
/// Differentiation of the Cholesky decomposition (2016).
Tensor cholesky(const Tensor& A, Flag upper = false);
/// X of A X = B, where `L` is the Cholesky factor of A (`upper`: its transpose): `[..., n, n]` and
/// B `[..., n, k]`. Errors: `ValueError` for a factor with a 0 on its diagonal.
Tensor cholesky_solve(const Tensor& B, const Tensor& L, Flag upper = false);

/// The triangle of a symmetric matrix that is read.
enum class UPLO {
  L,  ///< the lower one
  U   ///< the upper one
};
/// What `eigh` gives.
struct EighResult {
  Tensor eigenvalues;   ///< `[..., n]`, ascending
  Tensor eigenvectors;  ///< `[..., n, n]`, as columns, of length 1
};
/// Eigenvalues and eigenvectors of each symmetric matrix `[..., n, n]`. The gradient is that of a
/// symmetric matrix: half of it goes to either triangle. Eigenvectors are told apart by their sign
/// alone, and only where all eigenvalues differ: then the gradient is right for what does not
/// depend on these signs. Errors: `ValueError` for NaN and infinities; in backward, where a
/// gradient of eigenvectors comes to a matrix with equal eigenvalues, or one of their own to those
/// that are equal but for rounding (PyTorch gives infinities, NaN, or numbers of no meaning). In
/// forward mode the tangents of vectors are NaN where values are equal.
EighResult eigh(const Tensor& A, UPLO uplo = UPLO::L);
/// The eigenvalues alone. Equal ones may have gradients too, right for what treats them alike, such
/// as their sum; second derivatives need eigenvalues that differ.
Tensor eigvalsh(const Tensor& A, UPLO uplo = UPLO::L);

/// What `svd` gives.
struct SvdResult {
  Tensor U;   ///< `[..., m, k]`, columns of length 1
  Tensor S;   ///< `[..., k]`, where k is the smaller of m and n: descending, none negative
  Tensor Vh;  ///< `[..., k, n]`, rows of length 1
};
/// A = U diag(S) Vh for each matrix `[..., m, n]`; when `full_matrices`, U and Vh are square. As
/// with `eigh` the gradient is right for what does not depend on the signs of vectors, where all
/// singular values differ, and, unless m is n, where none is 0. Errors: `ValueError` for NaN and
/// infinities; in backward, where gradients of vectors come to others, as with `eigh`, or to the
/// vectors beyond the first k.
SvdResult svd(const Tensor& A, Flag full_matrices = true);
/// The singular values alone. Equal ones may have gradients too, right for what treats them alike,
/// such as their sum, and at 0 it is one of several; second derivatives need values that differ.
Tensor svdvals(const Tensor& A);

/// What `qr` gives of A.
enum class QrMode {
  reduced,   ///< Q `[..., m, k]` and R `[..., k, n]`, where k is the smaller of m and n
  complete,  ///< Q `[..., m, m]` and R `[..., m, n]`
  r          ///< R of `reduced` alone; Q is an empty tensor
};
/// What `qr` gives.
struct QrResult {
  Tensor Q;  ///< columns of length 1, at right angles
  Tensor R;  ///< upper triangular
};
/// A = Q R for each matrix `[..., m, n]`, by Householder's reflections, as LAPACK: the diagonal of
/// R may be negative. NaN and infinities give NaN. The gradient needs k independent columns at the
/// start. Errors, in backward: `ValueError` where these are not independent, and for `complete`
/// where m > n. Derivatives: S. Walter, L. Lehmann, Algorithmic differentiation of linear algebra
/// functions (2010); for m < n, T. Roberts, L. Roberts, QR and LQ decomposition matrix
/// backpropagation algorithms (2020).
QrResult qr(const Tensor& A, QrMode mode = QrMode::reduced);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
OperatorInfo cholesky_cases(), eigh_cases(), svd_cases(), qr_cases();
inline constexpr OperatorInfo (*kFactorCases[])() = {cholesky_cases, eigh_cases, svd_cases,
                                                     qr_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
