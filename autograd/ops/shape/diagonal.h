#pragma once

/// @file
/// Diagonals and triangles of matrices.
///
///     tg::Tensor a = tg::randn({4, 4});
///     tg::Tensor causal = tg::tril(tg::ones({4, 4})) != 0, trace = tg::trace(a);

#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup shapes
/// @{

/// A matrix with the vector `x` on its diagonal (`diag_embed`), or the diagonal of the matrix `x`
/// (`diagonal`); `diagonal` above 0 is the one so far to the right of the main one, below 0 so far
/// down. A copy. Errors: `ShapeError` for other tensors.
Tensor diag(const Tensor& x, Integer diagonal = 0);
/// Matrices over both dimensions of the result with the last dimension of `x` on their diagonal
/// `offset`, zeros elsewhere: `[..., n]` gives `[..., m, m]` with m = n + |offset|. A copy. Errors:
/// `ShapeError` for a number, `IndexError` where the dimensions are one.
Tensor diag_embed(const Tensor& x, Integer offset = 0, int dim1 = -2, int dim2 = -1);
/// The diagonal `offset` of the matrices over two dimensions, as the last dimension of the result;
/// empty where the matrices have none. A copy. Errors: `IndexError` where the dimensions are one.
Tensor diagonal(const Tensor& x, Integer offset = 0, int dim1 = 0, int dim2 = 1);
/// The sum of the diagonal of a matrix (0-d), which may be empty; of int64 and bool `int64`.
/// Errors: `ShapeError` unless `x` is a matrix.
Tensor trace(const Tensor& x);
/// Each matrix of `[..., m, n]` with zeros above its diagonal `diagonal`. A copy; what was there,
/// NaN too, does not matter, neither here nor in the gradient. Errors: `ShapeError` for fewer than
/// two dimensions.
Tensor tril(const Tensor& x, Integer diagonal = 0);
/// The same with zeros below the diagonal.
Tensor triu(const Tensor& x, Integer diagonal = 0);
/// The matrices along a diagonal, zeros elsewhere; vectors are rows. A copy. Errors: `ShapeError`
/// for a tensor of three dimensions or more, `ValueError` for an empty list.
Tensor block_diag(const std::vector<Tensor>& tensors);

/// @}

}  // namespace tapegrad
