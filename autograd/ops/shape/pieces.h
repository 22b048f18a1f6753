#pragma once

/// @file
/// A tensor cut into pieces, and pieces put together.
///
///     tg::Tensor x = tg::randn({6, 2});
///     auto thirds = tg::chunk(x, 3);
///     tg::Tensor again = tg::vstack(thirds);

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

namespace detail {
/// `tensor_split`, by a tensor.
std::vector<Tensor> tensor_split_at(const Tensor& x, const Tensor& where, int dim);
}  // namespace detail

/// @addtogroup shapes
/// @{

/// At most `chunks` pieces of one size along `dim`; the last may be smaller, and there may be fewer
/// of them: 5 entries in 4 chunks are 2, 2 and 1. They share the data or copy as `split` does.
/// Errors: `ValueError` for fewer than one.
std::vector<Tensor> chunk(const Tensor& x, Integer chunks, int dim = 0);
/// Exactly `sections` pieces along `dim`, the first of them one entry larger than the others where
/// they must: 5 entries in 3 sections are 2, 2 and 1. They share the data or copy as `split` does.
/// Errors: `ValueError` for fewer than one.
std::vector<Tensor> tensor_split(const Tensor& x, Integer sections, int dim = 0);
/// The pieces up to `indices[0]`, from there up to `indices[1]`, and so on to the end, as slices of
/// Python: negative ones count from the end, what is beyond an end is that end, and a piece whose
/// end comes before its start is empty. They share the data or copy likewise.
/// @{
std::vector<Tensor> tensor_split(const Tensor& x, const std::vector<std::int64_t>& indices,
                                 int dim = 0);
std::vector<Tensor> tensor_split(const Tensor& x, std::initializer_list<std::int64_t> indices,
                                 int dim = 0);
/// @}
/// The same by a tensor of int64, a number of sections (0-d) or a vector of indices, whose elements
/// are read. Errors: `DTypeError` for another type, `ShapeError` for more dimensions.
template <std::same_as<Tensor> Indices>
std::vector<Tensor> tensor_split(const Tensor& x, const Indices& indices_or_sections, int dim = 0) {
  return detail::tensor_split_at(x, indices_or_sections, dim);
}
/// The entries of `dim`, which goes away. They share the data or copy as `narrow` does.
std::vector<Tensor> unbind(const Tensor& x, int dim = 0);
/// The tensors side by side: along dimension 1, vectors and numbers along dimension 0. A copy.
/// Errors: `ValueError` for an empty list.
Tensor hstack(const std::vector<Tensor>& tensors);
/// The tensors below each other, along dimension 0, after `atleast_2d`: vectors are rows. A copy.
/// Errors: `ValueError` for an empty list.
Tensor vstack(const std::vector<Tensor>& tensors);
/// The tensors behind each other, along dimension 2, after `atleast_3d`. A copy. Errors:
/// `ValueError` for an empty list.
Tensor dstack(const std::vector<Tensor>& tensors);
/// The tensors side by side, along dimension 1: vectors and numbers are columns. A copy. Errors:
/// `ValueError` for an empty list.
Tensor column_stack(const std::vector<Tensor>& tensors);

/// @}

}  // namespace tapegrad
