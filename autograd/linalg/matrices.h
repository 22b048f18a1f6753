#pragma once

#include "autograd/ops/ops.h"
#include "autograd/tensor/door/launch.h"

// Internal: what the operators on matrices share.

namespace tapegrad::detail {

inline constexpr MatmulOptions kTransposeLeft{.transpose_a = true};
inline constexpr MatmulOptions kTransposeRight{.transpose_b = true};

/// Throws unless `x`, which `what` names, is of a floating-point type and has matrices in its last
/// two dimensions. Errors: `ValueError`, `DTypeError`, `ShapeError`.
void require_matrices(const Tensor& x, const char* what, const char* name);
/// The same for square ones.
void require_square(const Tensor& x, const char* what, const char* name);

/// All dimensions but the last `without`.
inline Shape batch_of(const Shape& shape, int without = 2) {
  return shape.slice(0, shape.rank() - without);
}
Shape with_matrix(Shape batch, std::int64_t rows, std::int64_t columns);

inline Tensor transposed(const Tensor& x) { return transpose(x, -2, -1); }

/// Half of `x` and half of its transpose.
Tensor symmetric_half(const Tensor& x);

/// Ones on the diagonal of matrices as those of `like`, which are square.
Tensor identity_like(const Tensor& like);

/// Throws the `ValueError` for one of the matrices of a tensor that is not what it has to be:
/// "inverse: matrix [1, 0] of shape [2, 3, 4, 4] is singular: pivot 2 is 0; ..." `fault.at` counts
/// matrices, `what` has a place for `fault.value`.
[[noreturn, gnu::cold]] void fail_matrix(const Shape& shape, Fault fault, const char* what,
                                         const char* name);
/// "is singular: pivot 2 is 0".
inline void require_no_zero_pivot(const Tensor& x, Fault fault, const char* name) {
  if (fault.at >= 0) [[unlikely]]
    fail_matrix(x.shape(), fault,
                "is singular: pivot {} is 0; pinv and lstsq take such matrices, and a small "
                "multiple of eye that is added makes it regular",
                name);
}

}  // namespace tapegrad::detail
