#pragma once

#include <cstdint>

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

/// @}

}  // namespace tapegrad
