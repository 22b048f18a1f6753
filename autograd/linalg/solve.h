#pragma once

/// @file
/// Inverses and systems of equations.
///
///     tg::Tensor A = tg::tensor({{2.0, 0.0}, {1.0, 3.0}}), b = tg::tensor({2.0, 4.0});
///     tg::Tensor x = tg::solve(A, b);
///     tg::Tensor y = tg::solve_triangular(A, b.unsqueeze(1), {.upper = false});

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup linalg
/// Matrices are the last two dimensions of a float32 or float64 tensor; those before them are
/// batches, which broadcast where there are two arguments. A batch, or a matrix, may be empty.
/// Results are copies. A program that uses these functions includes `autograd/linalg/linalg.h` and
/// links `tapegrad::linalg`, whose decompositions are Eigen's; they run on the thread that calls.
/// Errors of all: `DTypeError` for other element types, `ShapeError` for shapes that do not fit.
/// Derivatives: M. Giles, An extended collection of matrix derivative results for forward and
/// reverse mode algorithmic differentiation (2008), where nothing else is said.
/// @{

/// The inverse of each matrix `[..., n, n]`. NaN and infinities give NaN. Errors: `ValueError` for
/// a singular matrix, one with a pivot that is exactly 0.
Tensor inverse(const Tensor& A);
/// The same under the name that it has in `torch.linalg`.
Tensor inv(const Tensor& A);

/// X of A X = B: A `[..., n, n]`, B `[..., n, k]`; or, unless `left`, of X A = B with B `[..., k,
/// n]`. B is a batch of vectors, which have no `k`, where it is a vector or has the shape of A
/// without its last dimension; these are for `left` alone. The gradient for B is that of a system
/// with A^T, whose factors are kept. Errors: `ValueError` for a singular matrix.
Tensor solve(const Tensor& A, const Tensor& B, Flag left = true);

/// How `solve_triangular` reads its matrix.
struct SolveTriangularOptions {
  Flag upper;                  ///< the upper triangle, and not the lower one; has to be said
  Flag left = true;            ///< A X = B, and not X A = B
  Flag unitriangular = false;  ///< the diagonal counts as ones, and is not read
};
/// X of A X = B for a triangular A, of which the other triangle is not read: A `[..., n, n]`, B
/// `[..., n, k]`; unless `left`, of X A = B with B `[..., k, n]`. What is not read gets no
/// gradient.
/// Errors: `ValueError` for a diagonal with a 0, for which PyTorch gives infinities.
Tensor solve_triangular(const Tensor& A, const Tensor& B, SolveTriangularOptions options);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
OperatorInfo inverse_cases(), solve_cases(), solve_triangular_cases();
inline constexpr OperatorInfo (*kSolveCases[])() = {inverse_cases, solve_cases,
                                                    solve_triangular_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
