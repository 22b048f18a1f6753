#pragma once

#include "autograd/ops/core/selection.h"
#include "autograd/tensor/visit_dtype.h"

// Internal: what sorting and the statistics of order share.

namespace tapegrad::detail {

/// Along `dim`, of at least one dimension, the indices of the entries that stand at places `first`
/// to `first + count - 1` of the order; they are there. Or that of the middle, of floating-point
/// numbers, where `first` is one of the constants for that. Not recorded.
Tensor ranked(const Tensor& x, int dim, bool descending, std::int64_t first, std::int64_t count);

/// The entries of `x` at `indices` along `dim`, both without that dimension unless `keepdim`.
/// `indices` has one entry of it; `x` may be a number.
ValuesAndIndices chosen(const Tensor& x, int dim, const Tensor& indices, bool keepdim);

}  // namespace tapegrad::detail
