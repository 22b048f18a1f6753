#pragma once

#include <cstdint>

#include "autograd/kernels/map/row_places.h"

namespace tapegrad::kernels {

/// Ways to make one number of many: where to begin, and how two vectors combine lane by lane.
struct Sum {
  static constexpr double identity = 0;
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) noexcept {
    return a + b;
  }
};

struct Prod {
  static constexpr double identity = 1;
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) noexcept {
    return a * b;
  }
};

/// NaN when an element is.
struct Max {
  static constexpr double identity = -__builtin_inf();
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) noexcept {
    return maximum(a, b);
  }
};

/// NaN when an element is.
struct Min {
  static constexpr double identity = __builtin_inf();
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) noexcept {
    return minimum(a, b);
  }
};

/// out[r] = row r of `x` `[rows, n]` reduced to one number. The order of a sum depends on n alone.
template <class Arch, class T, class Reducer>
static void reduce_rows(const T* x, T* out, std::int64_t rows, std::int64_t n) noexcept {
  for (std::int64_t r = 0; r < rows; ++r, x += n) {
    out[r] = detail::reduce_places<Arch, T, Reducer, 2>(n, [x](auto at) { return at(x); });
  }
}

namespace detail {

/// Columns of `i...` adjacent vectors that begin at `place`, reduced over the rows of `x` `[n,
/// inner]`.
template <class Arch, class T, class Reducer, class Place, int... i>
[[gnu::always_inline]] inline void reduce_tile(const T* x, T* out, std::int64_t n,
                                               std::int64_t inner, Place place,
                                               std::integer_sequence<int, i...>) noexcept {
  using V = Vec<T, Arch>;
  V total[] = {((void)i, V(Reducer::identity))...};
  for (std::int64_t row = 0; row < n;) {
    const std::int64_t end = n - row < chunk_length ? n : row + chunk_length;
    V chunk[] = {((void)i, V(Reducer::identity))...};
    for (; row < end; ++row) {
      ((chunk[i] = Reducer::combine(chunk[i], place(x + row * inner + i * V::size))), ...);
    }
    ((total[i] = Reducer::combine(total[i], chunk[i])), ...);
  }
  (place.store(out + i * V::size, total[i]), ...);
}

}  // namespace detail

/// out[j] = column j of `x` `[n, inner]` reduced to one number. The order of a sum depends on n
/// alone.
template <class Arch, class T, class Reducer>
static void reduce_columns(const T* x, T* out, std::int64_t n, std::int64_t inner) noexcept {
  using V = Vec<T, Arch>;
  using Whole = detail::WholePlace<T, Arch>;
  constexpr int wide = 8;
  std::int64_t at = 0;
  for (; inner - at >= wide * V::size; at += wide * V::size) {
    detail::reduce_tile<Arch, T, Reducer>(x, out, n, inner, Whole{at},
                                          std::make_integer_sequence<int, wide>());
  }
  constexpr std::integer_sequence<int, 0> single;
  for (; inner - at >= V::size; at += V::size) {
    detail::reduce_tile<Arch, T, Reducer>(x, out, n, inner, Whole{at}, single);
  }
  if (at < inner) {
    const detail::LastPlace<T, Arch> last{at, inner - at};
    detail::reduce_tile<Arch, T, Reducer>(x, out, n, inner, last, single);
  }
}

}  // namespace tapegrad::kernels
