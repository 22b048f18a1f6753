#pragma once

#include <vector>

#include "autograd/linalg/matrices.h"

// Internal: decompositions, not recorded.

namespace tapegrad::detail {

/// Throws the `ValueError` that PyTorch's decompositions have, too, where an element is NaN or
/// infinite.
void require_finite(const Tensor& x, const char* name);

/// Where vectors stand, and what they need of their values.
struct Vectors {
  bool in_rows = false;      ///< each is a row, and not a column
  bool not_of_zero = false;  ///< values that are 0 leave them open, too
};
/// Throws the `ValueError` for a matrix two of whose `values`, which are in order, are equal, where
/// the gradient `g` of the vectors is not 0; and where they differ by no more than what rounding
/// does, and that of their own vectors is not 0. `shape`: of the matrices.
void require_apart(const Tensor& values, const Tensor& g, Vectors vectors, const Shape& shape,
                   const char* name);

/// 1 / (values[j] - values[i]), `[..., n, n]`, 0 on the diagonal and `at_equal` where the values
/// are equal; recorded.
Tensor inverse_gaps(const Tensor& values, double at_equal);

/// Throws the `ValueError` for a matrix whose iteration did not end.
void require_converged(const Tensor& a, Fault fault, const char* name);

/// U, S and V^T of matrices; of those with elements that are not finite all NaN.
std::vector<Tensor> svd_of(const Tensor& a, const char* name, bool full = false);

}  // namespace tapegrad::detail
