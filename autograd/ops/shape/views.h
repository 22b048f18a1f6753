#pragma once

/// @file
/// Shapes under other names that PyTorch and NumPy have.
///
///     tg::Tensor x = tg::randn({2, 3, 4});
///     tg::Tensor flat = tg::view(x, {6, 4}), back = tg::unflatten(flat, 0, {2, 3});
///     tg::Tensor last = tg::movedim(x, 0, -1);  // [3, 4, 2]

#include <concepts>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup shapes
/// @{

/// What `reshape` gives, under PyTorch's other name: here both share the data of every tensor. One
/// size may be -1.
Tensor view(const Tensor& x, const Shape& shape);
/// Sizes without braces do not compile.
template <std::integral A, std::integral B, class... More>
Tensor view(const Tensor&, A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
/// `x` in the shape of `other`, which has as many elements. Shares the data of `x`.
/// @{
Tensor view_as(const Tensor& x, const Tensor& other);
Tensor reshape_as(const Tensor& x, const Tensor& other);
/// @}
/// Dimension `dim` as several of the sizes `sizes`, which multiply to its size; one may be -1. The
/// reverse of `flatten`. Shares the data.
Tensor unflatten(const Tensor& x, int dim, const Shape& sizes);
/// With one dimension at least: a number becomes `[1]`. Shares the data; itself where it has them.
Tensor atleast_1d(const Tensor& x);
/// With two dimensions at least: `[n]` becomes `[1, n]`. Otherwise as `atleast_1d`.
Tensor atleast_2d(const Tensor& x);
/// With three dimensions at least: `[n]` becomes `[1, n, 1]`, and `[m, n]` becomes `[m, n, 1]`.
/// Otherwise as `atleast_1d`.
Tensor atleast_3d(const Tensor& x);
/// The same for each tensor of a list.
/// @{
std::vector<Tensor> atleast_1d(const std::vector<Tensor>& tensors);
std::vector<Tensor> atleast_2d(const std::vector<Tensor>& tensors);
std::vector<Tensor> atleast_3d(const std::vector<Tensor>& tensors);
/// @}
/// With dimension `source[i]` as dimension `destination[i]`; the others keep their order. A copy
/// like `transpose`. Errors: `ShapeError` unless both lists have one length.
Tensor movedim(const Tensor& x, const Dims& source, const Dims& destination);
/// `transpose` under the names of NumPy and PyTorch. A copy like it.
/// @{
Tensor swapaxes(const Tensor& x, int axis0, int axis1);
Tensor swapdims(const Tensor& x, int dim0, int dim1);
/// @}
/// What `expand` gives, under NumPy's name. A copy.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// `x` expanded to the shape of `other`. A copy.
Tensor expand_as(const Tensor& x, const Tensor& other);
/// The tensors expanded to the one shape that they broadcast to. Copies; those that have the shape
/// are returned as they are. Errors: `ValueError` for an empty list.
std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors);

/// @}

}  // namespace tapegrad
