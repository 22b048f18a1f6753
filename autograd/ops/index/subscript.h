#pragma once

/// @file
/// Reading and writing by indices, masks and tables, all as functions that return copies, and the
/// forms that write into the tensor itself.
///
///     tg::Tensor x = tg::zeros({3, 4});
///     x.index_put_({1, tg::Slice(0, 2)}, 5.0);  // x[1, 0:2] = 5
///     tg::Tensor y = tg::index_put(x, {x > 1}, 0.0), places = tg::nonzero(x);

#include <concepts>
#include <vector>

#include "autograd/ops/index/indices.h"
#include "autograd/ops/shape/shape.h"

namespace tapegrad {

/// @addtogroup indexing
/// @{

/// PyTorch's `x[...]`: `index(x, {Slice(1, 5, 2), None, Ellipsis, 3, mask, ids})`.
///
/// Numbers, slices, `None` and `Ellipsis` come first, one after the other. Tensors and lists
/// broadcast with each other, and an entry of the result is where all of them point: their shape
/// stands where the first of them stood, or in front where they are not side by side. A bool tensor
/// is the entries where it is true, in the order of memory, for the dimensions whose sizes it has;
/// so `index(x, {mask})` has one dimension for those of the mask. A tensor without dimensions is a
/// number if it is int64.
///
/// Numbers and slices of leading dimensions share the data, as `select` and `narrow` do; all else
/// is a copy. Where an entry is taken several times its gradients add up. Errors: `IndexError` for
/// too many indices, for an entry that a dimension does not have, and for a mask of other sizes;
/// `DTypeError` for other tensors; `ShapeError` where tensors do not broadcast; `ValueError` for
/// two of `Ellipsis`, and for a step below 1.
Tensor index(const Tensor& x, const std::vector<Index>& indices);

/// A copy of x in which `value`, which broadcasts to `index(x, indices)`, stands at these indices.
/// Of entries that are named twice the last one counts, in the order of the result of `index`, and
/// it alone has a gradient; or with `accumulate` all are added to what is there. `value` has x's
/// type, or is a C++ number. Errors: those of `index`; `ShapeError`, `DTypeError`.
Tensor index_put(const Tensor& x, const std::vector<Index>& indices, const Tensor& value,
                 Flag accumulate = false);

/// A copy of x in which the entries `index` (1-D int64, negative ones count from the end) of `dim`
/// are those of `source`, which has one for each index, and x's type. Of entries that are named
/// twice the last counts, and it alone has a gradient.
Tensor index_copy(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
/// A copy of x in which all of the entries `index` (1-D int64) of `dim` are `value`, a C++ number
/// or a 0-d tensor.
Tensor index_fill(const Tensor& x, int dim, const Tensor& index, const Tensor& value);
/// out[index[i][j]][j] = source[i][j] for dim 0, and so on, in a copy of x: the reverse of
/// `gather`. `source` is a tensor of x's type in which `index` lies, or a C++ number. Of entries
/// that are named twice the last counts, and it alone has a gradient (PyTorch: any of them).
Tensor scatter(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
/// The elements `index` (int64) of x as one row; has the shape of `index`. Negative ones count from
/// the end. A copy.
Tensor take(const Tensor& x, const Tensor& index);
/// `gather` along `dim`, where x and `indices` broadcast in the other dimensions, and negative
/// indices count from the end.
Tensor take_along_dim(const Tensor& x, const Tensor& indices, int dim);
/// The elements `indices` of x as one row, also as one row.
Tensor take_along_dim(const Tensor& x, const Tensor& indices);

/// x with `value`, a C++ number or a 0-d tensor, where `mask` is true; they broadcast. A copy.
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);
/// The elements of x where `mask` is true, as one row; they broadcast. A copy.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// x with the first elements of `source` one after the other where `mask` is true; x and `mask`
/// broadcast. A copy. Errors: `ShapeError` where `source` has too few.
Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source);

/// The indices of the elements that are not 0 (NaN is not), in the order of memory: int64 of shape
/// `[how many, x.dim()]`. It has no gradient.
Tensor nonzero(const Tensor& x);
/// The same.
Tensor argwhere(const Tensor& x);
/// The columns of `nonzero(condition)`, one for each dimension (of a number for its only element),
/// to be used as indices.
std::vector<Tensor> where(const Tensor& condition);

/// `narrow` with a start that is a 0-d int64 tensor.
template <std::same_as<Tensor> Start>
Tensor narrow(const Tensor& x, int dim, const Start& start, Integer length) {
  return narrow(x, dim, Integer(start.template item<std::int64_t>()), length);
}

/// @}

}  // namespace tapegrad
