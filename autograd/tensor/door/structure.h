#pragma once

/// @file
/// Facts that an operator of your own may say about itself: which elements its result depends on,
/// and how it takes a further first dimension. They let others compute less.
///
///     static constexpr tg::Sparsity sparsity = tg::Sparsity::rows;
///     static constexpr tg::Leading leading = tg::Leading::shift;

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup custom
/// @{

/// Which elements of its inputs an element of an operator's result depends on, and with it where
/// its Jacobian can be other than 0. It is about inputs that have gradients.
enum class Sparsity : std::uint8_t {
  /// Nobody said it: it counts as `dense`.
  unknown,
  /// On those at the same place, once the inputs are broadcast to the shape of the result.
  elementwise,
  /// On those of the same row, once the inputs are broadcast to the shape of the result: they
  /// differ from its place in the last index alone.
  rows,
  /// On a group of its own: each element of an input enters one element of the result at most.
  reduction,
  /// It is a copy or a sum of elements that shapes, attributes and integer inputs alone choose: the
  /// Jacobian is of 0 and 1, whatever the elements are.
  index,
  /// On any, as in a product of matrices.
  dense
};

/// How an operator takes a further first dimension on some of its inputs, over which it is to do
/// the same for each entry.
enum class Leading : std::uint8_t {
  unknown,  ///< Nobody said it: it is looped over.
  loop,     ///< It is called once for each entry.
  /// By broadcasting: inputs that have it get sizes of 1 behind it, up to the largest rank of all;
  /// the others stay as they are.
  broadcast,
  /// As one dimension more, which all inputs have: those without it are expanded. In its attributes
  /// `dim` and the entries of `dims` count one further, unless they count from the end, and every
  /// other `Shape` gets the size in front.
  shift,
  own  ///< The operator has a function for it, `batched`.
};

/// The inputs of an operator, some of which have a further first dimension of one size.
struct Batch {
  std::span<const Tensor> inputs;  ///< as they are
  const std::vector<bool>& which;  ///< for each input, whether it has the dimension
  std::int64_t size;               ///< of the dimension

  /// Input `i`, as it is.
  const Tensor& operator[](std::size_t i) const { return inputs[i]; }
  /// Whether input `i` has the dimension.
  bool has(std::size_t i) const { return which[i]; }
};

/// @}

}  // namespace tapegrad
