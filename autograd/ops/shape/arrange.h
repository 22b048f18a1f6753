#pragma once

/// @file
/// Other arrangements of the same elements: reversed, rolled, turned, repeated, and grids of them.
///
///     tg::Tensor x = tg::arange(6).reshape({2, 3});
///     tg::Tensor mirrored = tg::flip(x, 1), twice = tg::tile(x, {2, 1});
///     auto grid = tg::meshgrid({tg::arange(2), tg::arange(3)});

#include <vector>

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup shapes
/// @{

/// The entries of each of `dims` in reverse order. A copy. Errors: `IndexError` for a dimension
/// that is named twice.
Tensor flip(const Tensor& x, const Dims& dims);
/// The entries of dimension `dims[i]` moved on by `shifts[i]` (back, for a negative one); what goes
/// beyond the end comes in at the start. Without `dims` one shift moves all elements in row-major
/// order. A copy. Errors: `ShapeError` unless each dimension has its shift.
Tensor roll(const Tensor& x, const Shape& shifts, const Dims& dims = {});
/// The plane of both `dims` turned `k` times by 90 degrees, from the first dimension towards the
/// second; back, for a negative `k`. A copy. Errors: `ShapeError` unless there are two dimensions,
/// `IndexError` where they are one.
Tensor rot90(const Tensor& x, Integer k = 1, const Dims& dims = {0, 1});
/// The whole of `x` again and again, `sizes[i]` times along dimension i; sizes beyond its rank make
/// leading dimensions. A copy. Errors: `ShapeError` for fewer sizes than dimensions, and for a
/// negative one.
Tensor repeat(const Tensor& x, const Shape& sizes);
/// What `repeat` gives, but that fewer sizes than dimensions are those of the last ones. A copy.
Tensor tile(const Tensor& x, const Shape& dims);
/// Each entry of `dim` again and again, before the next one: `repeats` times, a number, or
/// `repeats[i]` times (int64, one for each entry, or one for all). A copy; no gradient for
/// `repeats`. Errors: `DTypeError` for other types, `ShapeError` for another number of them,
/// `ValueError` for a negative one.
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, int dim);
/// The same for the elements of `x` in row-major order; the result is a vector.
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats);
/// Each index i of the vector `repeats`, `repeats[i]` times (int64): [0, 2, 1] gives [1, 1, 2].
Tensor repeat_interleave(const Tensor& repeats);

/// Which dimension of a grid the first two vectors of `meshgrid` run along.
enum class Indexing {
  ij,  ///< the first along dimension 0, the second along dimension 1, as matrices are indexed
  xy   ///< the first along dimension 1, the second along dimension 0, as pictures are
};
/// The coordinates of a grid: for each vector (or number) a tensor with its numbers along a
/// dimension of its own, repeated along those of the others. Copies. Errors: `ValueError` for an
/// empty list, `ShapeError` for a tensor of two dimensions or more, `DTypeError` unless all have
/// one type.
std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors, Indexing indexing = Indexing::ij);
/// All choices of one element of each of n vectors, as rows `[count, n]`; the last vector runs
/// fastest. A copy; a single vector is returned as it is. Errors: those of `meshgrid`, and
/// `ShapeError` for a number.
Tensor cartesian_prod(const std::vector<Tensor>& tensors);
/// All choices of `r` elements of a vector, in the order of their places, as rows `[count, r]`;
/// each element again and again when `with_replacement`. An empty vector for `r` = 0. A copy.
/// Errors: `ShapeError` unless `x` is a vector, and for too many choices; `ValueError` for a
/// negative `r`.
Tensor combinations(const Tensor& x, Integer r = 2, Flag with_replacement = false);

/// @}

}  // namespace tapegrad
