#pragma once

#include "autograd/linalg/matrices.h"

// Internal: systems of equations by factors, not recorded.

namespace tapegrad::detail {

/// What `dense::lu` gives of each matrix: `factors` like these, `rows` (int64) `[..., n]`.
struct LuFactors {
  Tensor factors, rows;
  Fault fault;  ///< the first pivot that is 0
};
LuFactors lu_factors(const Tensor& a);

/// X of A X = B, or of A^T X = B. Batches broadcast.
Tensor lu_solved(const Tensor& factors, const Tensor& rows, bool transposed, const Tensor& b);

/// How matrices of two tensors meet whose batches broadcast.
struct Meeting {
  Tensor a;             ///< repeated where it must be
  Tensor b;             ///< a copy, repeated where it must be, which may be written to
  std::int64_t step_a;  ///< from one matrix of `a` to the next: 0 where there is but one
  std::int64_t count, n, k;
};
Meeting meeting(const Tensor& a, const Tensor& b, const char* name);

/// Throws unless `a` has square matrices and `b` as many rows (columns, unless `left`) of its type.
/// Errors: `ValueError`, `DTypeError`, `ShapeError`.
void require_system(const Tensor& a, const Tensor& b, bool left, const char* name);

/// X of A X = B (A^T X = B) for triangular A; recorded.
Tensor triangular_solved(const Tensor& a, const Tensor& b, bool upper, bool flipped);

/// `x` away from singular matrices, for cases.
Tensor regular(const Tensor& x);

}  // namespace tapegrad::detail
