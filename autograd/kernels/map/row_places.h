#pragma once

#include <cstdint>
#include <utility>

#include "autograd/kernels/simd/simd.h"

// How loops over one dense row are written: the body says what happens at a place, once, and is
// given a whole vector's place or the part of one that ends the row.
//
//     for_each_place<Arch, T>(n, [&](auto at) { at.store(out, at(x) * 2); });

namespace tapegrad::kernels::detail {

/// A place with `Vec::size` elements.
template <class T, class Arch>
struct WholePlace {
  using V = Vec<T, Arch>;
  std::int64_t index;

  [[gnu::always_inline]] V operator()(const T* row) const noexcept { return V::load(row + index); }
  [[gnu::always_inline]] Mask<T, Arch> operator()(const bool* row) const noexcept {
    return Mask<T, Arch>::load(row + index);
  }
  [[gnu::always_inline]] void store(T* row, V vector) const noexcept { vector.store(row + index); }
  /// `vector`, with `other` in lanes that lie beyond the end.
  [[gnu::always_inline]] V keep(V vector, V) const noexcept { return vector; }
};

/// The last place of a row, with 0 < count < `Vec::size` elements. Lanes beyond repeat the first.
template <class T, class Arch>
struct LastPlace {
  using V = Vec<T, Arch>;
  std::int64_t index;
  std::int64_t count;

  [[gnu::always_inline]] V operator()(const T* row) const noexcept {
    return V::load_part(row + index, count);
  }
  [[gnu::always_inline]] Mask<T, Arch> operator()(const bool* row) const noexcept {
    return Mask<T, Arch>::load_part(row + index, count);
  }
  [[gnu::always_inline]] void store(T* row, V vector) const noexcept {
    vector.store_part(row + index, count);
  }
  [[gnu::always_inline]] V keep(V vector, V other) const noexcept {
    return where(Mask<T, Arch>::first(count), vector, other);
  }
};

template <class Arch, class T, class F>
[[gnu::always_inline]] inline void for_each_place(std::int64_t n, F f) noexcept {
  constexpr std::int64_t size = Vec<T, Arch>::size;
  std::int64_t at = 0;
  for (; n - at >= size; at += size) f(WholePlace<T, Arch>{at});
  if (at < n) f(LastPlace<T, Arch>{at, n - at});
}

/// Reductions see a row as blocks of 64 bytes, whatever the size of a vector: element i goes to
/// lane i mod (blocks * lanes of a block). So the order of a sum is the same for every instruction
/// set.
template <class T, class Arch>
inline constexpr int vectors_per_block = static_cast<int>(64 / sizeof(T) / Vec<T, Arch>::size);

/// A lane takes this many elements before they are added to what it had: rounding errors grow with
/// the length of a chunk and with the number of chunks, not with their product.
inline constexpr std::int64_t chunk_length = 64;

/// The part of a row that fills all `i...` vectors, combined into `lanes`. Returns where it ends.
template <class Arch, class T, class Reducer, class F, int... i>
[[gnu::always_inline]] inline std::int64_t reduce_chunks(
    std::int64_t n, F f, Vec<T, Arch>* lanes, std::integer_sequence<int, i...>) noexcept {
  using V = Vec<T, Arch>;
  constexpr std::int64_t step = sizeof...(i) * V::size;
  std::int64_t at = 0;
  while (n - at >= step) {
    const std::int64_t left = (n - at) / step;
    const std::int64_t end = at + step * (left < chunk_length ? left : chunk_length);
    V chunk[] = {((void)i, V(Reducer::identity))...};
    for (; at < end; at += step) {
      ((chunk[i] = Reducer::combine(chunk[i], f(WholePlace<T, Arch>{at + i * V::size}))), ...);
    }
    ((lanes[i] = Reducer::combine(lanes[i], chunk[i])), ...);
  }
  return at;
}

/// f at every place of a row, reduced to one number. `blocks`: how many the loop takes at a time;
/// more when f is cheap. An empty row gives the identity.
template <class Arch, class T, class Reducer, int blocks, class F>
[[gnu::always_inline]] inline T reduce_places(std::int64_t n, F f) noexcept {
  using V = Vec<T, Arch>;
  constexpr int count = blocks * vectors_per_block<T, Arch>;
  const V identity(Reducer::identity);
  V lanes[count];
  for (V& lane : lanes) lane = identity;
  std::int64_t at =
      reduce_chunks<Arch, T, Reducer>(n, f, lanes, std::make_integer_sequence<int, count>());
  V* lane = lanes;
  if constexpr (count > 1) {
    for (; n - at >= V::size; at += V::size, ++lane) {
      *lane = Reducer::combine(*lane, f(WholePlace<T, Arch>{at}));
    }
  }
  if (at < n) {
    const LastPlace<T, Arch> last{at, n - at};
    *lane = Reducer::combine(*lane, last.keep(f(last), identity));
  }
  for (int half = count / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] = Reducer::combine(lanes[i], lanes[i + half]);
  }
  return combine_lanes(lanes[0], [](V a, V b) { return Reducer::combine(a, b); });
}

}  // namespace tapegrad::kernels::detail
