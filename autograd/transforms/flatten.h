#pragma once

/// @file
/// Many tensors as one vector, and back: for solvers, and for Jacobians of one input.
///
///     const std::vector<tg::Tensor> list{tg::ones({2, 3}), tg::zeros({4})};
///     const auto [flat, unflatten] = tg::flatten_parameters(list);  // [10]
///     const std::vector<tg::Tensor> back = unflatten(2 * flat);

#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup transforms
/// @{

/// The way back from the vector that `flatten_parameters` makes.
class Unflatten {
 public:
  /// @cond
  Unflatten(std::vector<Shape> shapes, DType dtype) : shapes_(std::move(shapes)), dtype_(dtype) {}
  /// @endcond

  /// Tensors of the shapes that were made one, from `flat`, `[n]`, and as recorded and
  /// differentiable as that. They show the memory of `flat`. Errors: `ShapeError`, `DTypeError` for
  /// a vector of another size or type.
  std::vector<Tensor> operator()(const Tensor& flat) const;

 private:
  std::vector<Shape> shapes_;
  DType dtype_;
};

/// The elements of all of `list` in one vector `[n]`, one tensor behind the other, each row by row,
/// and the function that takes such a vector apart again. The vector is a copy, and recorded where
/// one of `list` is. Errors: `ValueError` for an empty list and undefined tensors, `DTypeError` for
/// tensors of different types.
std::pair<Tensor, Unflatten> flatten_parameters(const std::vector<Tensor>& list);

/// @}

}  // namespace tapegrad
