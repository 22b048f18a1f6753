#pragma once

/// @file
/// Other shapes, views and pieces of a tensor. Each function says whether its result shares the
/// data.
///
///     tg::Tensor x = tg::arange(6.0);
///     tg::Tensor m = tg::reshape(x, {2, 3});  // shares the data
///     tg::Tensor t = tg::t(m);                // a copy
///     tg::Tensor both = tg::cat({m, m}, 1);

#include <concepts>
#include <initializer_list>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

namespace detail {
/// What stands for a call with tensors one by one.
template <class T>
T without_list() {
  static_assert(never<T>, "the tensors are a list, in braces: cat({x, y})");
  return T();
}
}  // namespace detail

/// @addtogroup shapes
/// A result that shares the data is the same memory: a change in place of one is seen in the other.
/// A copy is memory of its own. A C++ number that gets dimensions becomes what `tensor()` makes of
/// it, also a copy. Negative dimensions count from the end. Errors of all: `IndexError` for a
/// dimension that the tensor does not have; `ShapeError` for shapes that do not fit.
/// @{

/// The same elements in another shape; one size may be -1. Shares the data.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Dimensions `start_dim` to `end_dim` as one. Shares the data.
Tensor flatten(const Tensor& x, int start_dim = 0, int end_dim = -1);
/// Without the dimensions of size 1. Shares the data.
Tensor squeeze(const Tensor& x);
/// Without dimension `dim` if that has size 1. Shares the data.
Tensor squeeze(const Tensor& x, int dim);
/// With a dimension of size 1 before `dim`. Shares the data.
Tensor unsqueeze(const Tensor& x, int dim);
/// With two dimensions swapped. A copy, except where only dimensions of size 1 move: then it shares
/// the data.
Tensor transpose(const Tensor& x, int dim0, int dim1);
/// The transpose of a matrix, a copy like `transpose`; vectors and numbers are returned as they
/// are.
Tensor t(const Tensor& x);
/// With dimension `dims[i]` as dimension i. A copy like `transpose`.
Tensor permute(const Tensor& x, const Dims& dims);
/// Repeats along dimensions of size 1 (and new leading ones) to `shape`; -1 keeps a size. A copy.
Tensor expand(const Tensor& x, const Shape& shape);
/// The tensors one after the other along `dim`; in the others their sizes are equal. A copy.
/// Errors: `ValueError` for an empty list.
Tensor cat(const std::vector<Tensor>& tensors, int dim = 0);
/// The tensors, all of one shape, along a new dimension `dim`. A copy. Decimal C++ numbers alone
/// give the default type. Errors: `ValueError` for an empty list.
Tensor stack(const std::vector<Tensor>& tensors, int dim = 0);
/// Sizes, dimensions and tensors one by one, as in `reshape(x, 2, 3)` and `cat(x, y)`, do not
/// compile.
/// @{
template <std::integral A, std::integral B, class... More>
Tensor reshape(const Tensor&, A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
template <std::integral A, std::integral B, class... More>
Tensor permute(const Tensor&, A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
template <std::integral A, std::integral B, class... More>
Tensor expand(const Tensor&, A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
template <std::same_as<Tensor> A, std::same_as<Tensor> B, class... More>
Tensor cat(const A&, const B&, const More&...) {
  return detail::without_list<A>();
}
template <std::same_as<Tensor> A, std::same_as<Tensor> B, class... More>
Tensor stack(const A&, const B&, const More&...) {
  return detail::without_list<A>();
}
/// @}
/// Pieces of `size` along `dim`; the last may be smaller. They share the data or copy as `narrow`
/// does: only pieces along dimension 0 write through, `split(x, n)[0].fill_(1)` among them. Errors:
/// `ValueError` for a size below 1.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, int dim = 0);
/// Pieces of the given sizes along `dim`, which they make up. They share the data or copy likewise.
std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int dim = 0);
/// The same: `split(x, {2})` is one piece of size 2, and not pieces of that size.
std::vector<Tensor> split(const Tensor& x, std::initializer_list<std::int64_t> sizes, int dim = 0);
/// `length` entries of `dim` from `start`; a negative start counts from the end. Shares the data
/// when `dim` is 0 or all dimensions before it have size 1; a copy otherwise.
Tensor narrow(const Tensor& x, int dim, Integer start, Integer length);
/// Entry `index` of `dim`, which goes away. Negative ones count from the end. Shares the data or
/// copies as `narrow` does.
Tensor select(const Tensor& x, int dim, Integer index);
/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
[[gnu::cold]] OperatorInfo reshape_cases(), permute_cases(), expand_cases(), clone_cases(),
    cat_cases(), narrow_cases(), select_cases(), pad_cases(), split_cases();
inline constexpr OperatorInfo (*kShapeCases[])() = {reshape_cases, permute_cases, expand_cases,
                                                    clone_cases,   cat_cases,     narrow_cases,
                                                    select_cases,  pad_cases,     split_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
