#pragma once

/// @file
/// Entries of a dimension by their numbers, and the way back: sums of what goes to the same place.
///
///     tg::Tensor table = tg::randn({10, 4}).requires_grad_();  // an embedding
///     tg::Tensor ids = tg::tensor({3, 1, 3});
///     tg::Tensor rows = tg::index_select(table, 0, ids);  // [3, 4]; gradients of entry 3 add up

#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup indexing
/// Errors of all: `DTypeError` unless the index is `int64`; `IndexError`, with index and position,
/// for an entry that the dimension does not have (negative ones have no meaning here).
/// @{

/// The entries `index` (1-D int64) of `dim`; repeated ones add their gradients. A copy.
Tensor index_select(const Tensor& x, int dim, const Tensor& index);
/// out[i][j] = x[index[i][j]][j] for dim 0, and so on; `index` is int64 of x's rank, and may be
/// larger than `x` in `dim` only. A copy.
Tensor gather(const Tensor& x, int dim, const Tensor& index);
/// Adds `source` into a copy of `x` at `index`: the reverse of `gather`; repeated indices add up.
/// `index` lies within `source`, and both tensors have one type.
Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
/// Adds the entries of `source` into a copy of `x` at `index` (1-D) of `dim`: the reverse of
/// `index_select`. `source` has the shape and type of x, with one entry of `dim` for each index.
Tensor index_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
/// int64 classes `[...]` to `[..., num_classes]` of 0 and 1 (int64); -1 takes the largest class
/// and adds 1. Errors: `ValueError` for other numbers below 1, and for -1 without any class.
Tensor one_hot(const Tensor& classes, Integer num_classes = -1);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
[[gnu::cold]] OperatorInfo index_select_cases(), index_add_cases(), gather_cases(),
    scatter_add_cases(), index_copy_cases();
inline constexpr OperatorInfo (*kIndexCases[])() = {
    index_select_cases, index_add_cases, gather_cases, scatter_add_cases, index_copy_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
