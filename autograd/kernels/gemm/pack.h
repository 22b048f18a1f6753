#pragma once

#include "autograd/kernels/gemm/tile.h"

// Copies of parts of B in the order in which tiles read them: one panel, as wide as a tile, after
// the other. Rows that lie far apart would compete for the same lines of the cache.

namespace tapegrad::kernels {

/// Of two rows of a matrix of blocks of `half` lanes: x gets the blocks at even places, those of
/// the old x before those of y, and y the blocks at odd places.
template <int half, class T, class Arch, int... lane>
[[gnu::always_inline]] inline void exchange_blocks(Vec<T, Arch>& x, Vec<T, Arch>& y,
                                                   std::integer_sequence<int, lane...>) noexcept {
  using Batch = typename Vec<T, Arch>::Batch;
  constexpr int size = sizeof...(lane);
  const auto even = __builtin_shufflevector(x.value, y.value,
                                            ((lane & half) == 0 ? lane : lane - half + size)...);
  const auto odd = __builtin_shufflevector(x.value, y.value,
                                           ((lane & half) == 0 ? lane + half : lane + size)...);
  x = Vec<T, Arch>(Batch(even));
  y = Vec<T, Arch>(Batch(odd));
}

/// Transposes a square of as many vectors as a vector has lanes: first its quarters, then theirs.
template <int half, class T, class Arch>
[[gnu::always_inline]] inline void transpose(Vec<T, Arch>* x) noexcept {
  constexpr int size = static_cast<int>(Vec<T, Arch>::size);
  unrolled<size>([&](auto i) {
    if constexpr ((i & half) == 0)
      exchange_blocks<half>(x[i], x[i + half], std::make_integer_sequence<int, size>());
  });
  if constexpr (half > 1) transpose<half / 2>(x);
}

/// Copies `rows` rows of `columns` numbers into one panel.
template <class Arch, class T>
[[gnu::flatten, gnu::noinline]] void pack_rows(const T* from, std::int64_t distance,
                                               std::int64_t rows, std::int64_t columns,
                                               T* to) noexcept {
  using V = Vec<T, Arch>;
  constexpr std::int64_t width = TileSize<T, Arch>::columns;
  const std::int64_t full = (columns - 1) / V::size;
  const Lanes<T, Arch> last(columns - full * V::size);
  for (; rows > 0; --rows, from += distance, to += width) {
    for (std::int64_t v = 0; v < full; ++v) V::load(from + v * V::size).store(to + v * V::size);
    last.load(from + full * V::size).store(to + full * V::size);
  }
}

/// The same for a matrix that is stored transposed: `columns` rows of `rows` numbers each.
template <class Arch, class T>
[[gnu::flatten, gnu::noinline]] void pack_columns(const T* from, std::int64_t distance,
                                                  std::int64_t rows, std::int64_t columns,
                                                  T* to) noexcept {
  using V = Vec<T, Arch>;
  constexpr int size = static_cast<int>(V::size);
  constexpr std::int64_t width = TileSize<T, Arch>::columns;
  for (std::int64_t j = 0; j < columns; j += size, from += size * distance, to += size) {
    const std::int64_t last_row = columns - j - 1;
    for (std::int64_t p = 0; p < rows; p += size) {
      const std::int64_t count = rows - p < size ? rows - p : size;
      const Lanes<T, Arch> lanes(count);
      V x[size];
      const T* row = from + p;
      unrolled<size>([&](auto i) {
        x[i] = lanes.load(row);
        row += i < last_row ? distance : 0;  // the last one stands for those that do not exist
      });
      transpose<size / 2>(x);
      T* target = to + p * width;
      unrolled<size>([&](auto i) {
        if (i < count) x[i].store(target + i * width);
      });
    }
  }
}

/// Copies `k` rows and `n` columns of B, which starts at `from`, into panels.
template <class Arch, class T>
void pack(const T* from, std::int64_t distance, bool transposed, std::int64_t k, std::int64_t n,
          T* to) noexcept {
  constexpr std::int64_t width = TileSize<T, Arch>::columns;
  for (std::int64_t j = 0; j < n; j += width, to += k * width) {
    const std::int64_t columns = n - j < width ? n - j : width;
    if (transposed)
      pack_columns<Arch>(from + j * distance, distance, k, columns, to);
    else
      pack_rows<Arch>(from + j, distance, k, columns, to);
  }
}

}  // namespace tapegrad::kernels
