#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tapegrad::kernels {

/// One dimension of what `permute` makes.
struct Axis {
  std::int64_t size;
  std::int64_t stride;  ///< in the source, in elements
};

/// Copies a dense array with its dimensions in another order to a dense one.
///
/// `axes` are the dimensions of the result, at most eight and none empty; their strides are those
/// of the source's dimensions in another order. `element` is the size of an element: 1, 4 or 8
/// bytes.
void permute(const void* from, void* to, std::size_t element, std::span<const Axis> axes);

}  // namespace tapegrad::kernels
