#pragma once

#include <cstdint>

#include "autograd/base/cxx20.h"

// Internal: how large a tile is.

namespace tapegrad::kernels {

/// @addtogroup system
/// @{
/// @cond

#if defined(TAPEGRAD_SMALL_TILES)
inline constexpr bool kSmallTiles = true;
#else
inline constexpr bool kSmallTiles = false;
#endif

/// Tells how large a tile is, or what is worth more than one: a number of elements, rows or
/// multiplications. With the option TAPEGRAD_SMALL_TILES, for sanitizers, that is little enough for
/// the small tensors of the tests to be shared among threads and to have partial results; the bits
/// of a sum are then others, and as little dependent on the number of threads. `least` is what the
/// loops need.
constexpr std::int64_t tile_size(std::int64_t usual, std::int64_t least = 1) {
  if (!kSmallTiles) return usual;
  return usual / 256 > least ? usual / 256 : least;
}

/// @endcond
/// @}

}  // namespace tapegrad::kernels
