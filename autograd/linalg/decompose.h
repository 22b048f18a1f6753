#pragma once

#include <vector>

#include "autograd/linalg/matrices.h"

// Internal: decompositions, not recorded.

namespace tapegrad::detail {

/// Throws the `ValueError` that PyTorch's decompositions have, too, where an element is NaN or
/// infinite.
void require_finite(const Tensor& x, const char* name);

/// Throws the `ValueError` for a matrix with two equal ones of its `values`, which are in order,
/// where the gradient `g` of its vectors is not 0. `shape`: of the matrices.
void require_distinct(const Tensor& values, const Tensor& g, const Shape& shape, const char* name);
/// The same where the last of `values` is 0.
void require_nonzero(const Tensor& values, const Tensor& g, const Shape& shape, const char* name);

/// 1 / (values[j] - values[i]), `[..., n, n]`, 0 on the diagonal and `at_equal` where the values
/// are equal; recorded.
Tensor inverse_gaps(const Tensor& values, double at_equal);

/// Throws the `ValueError` for a matrix whose iteration did not end.
void require_converged(const Tensor& a, Fault fault, const char* name);

/// U, S and V^T of matrices; of those with elements that are not finite all NaN.
std::vector<Tensor> svd_of(const Tensor& a, const char* name, bool full = false);

}  // namespace tapegrad::detail
