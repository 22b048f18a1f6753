#pragma once

#include <cstdint>
#include <utility>

#include "autograd/kernels/map/row_places.h"

namespace tapegrad::kernels {

namespace detail {

/// The smallest and the largest number of each lane so far, and 0, or NaN after one that is not
/// finite.
template <class T, class Arch>
struct LaneExtremes {
  using V = Vec<T, Arch>;
  V lowest, highest, rest;
  [[gnu::always_inline]] void add(V x) noexcept {
    lowest = lower(lowest, x);
    highest = higher(highest, x);
    rest = rest + (x - x);
  }
  // Unlike minimum() and maximum() without a care for NaN, which the difference shows.
  [[gnu::always_inline]] static V lower(V a, V b) noexcept {
    return xsimd::min(a.batch(), b.batch());
  }
  [[gnu::always_inline]] static V higher(V a, V b) noexcept {
    return xsimd::max(a.batch(), b.batch());
  }
};

template <class Arch, class T, int... i>
[[gnu::always_inline]] inline void find_extremes(const T* x, std::int64_t n, T* found,
                                                 std::integer_sequence<int, i...>) noexcept {
  using V = Vec<T, Arch>;
  constexpr std::int64_t step = sizeof...(i) * V::size;
  const V first(x[0]);
  LaneExtremes<T, Arch> lanes[] = {((void)i, LaneExtremes<T, Arch>{first, first, V(0)})...};
  std::int64_t at = 0;
  for (; n - at >= step; at += step) (lanes[i].add(V::load(x + at + i * V::size)), ...);
  for_each_place<Arch, T>(n - at, [&](auto place) { lanes[0].add(place(x + at)); });
  using Lanes = LaneExtremes<T, Arch>;
  Lanes all = lanes[0];
  if constexpr (sizeof...(i) > 1) {
    all.rest = V(0);
    ((all.lowest = Lanes::lower(all.lowest, lanes[i].lowest),
      all.highest = Lanes::higher(all.highest, lanes[i].highest),
      all.rest = all.rest + lanes[i].rest),
     ...);
  }
  found[0] = combine_lanes(all.lowest, [](V a, V b) { return Lanes::lower(a, b); });
  found[1] = combine_lanes(all.highest, [](V a, V b) { return Lanes::higher(a, b); });
  found[2] = combine_lanes(all.rest, [](V a, V b) { return a + b; });
}

}  // namespace detail

/// found[0] and found[1]: the smallest and the largest of the `n` >= 1 numbers of `x`; found[2]: 0,
/// or NaN where one is not finite, and then the others say nothing.
template <class Arch, class T>
static void extremes(const T* x, std::int64_t n, T* found) noexcept {
  if (n < 4 * Vec<T, Arch>::size)  // not worth more than one
    detail::find_extremes<Arch, T>(x, n, found, std::make_integer_sequence<int, 1>());
  else
    detail::find_extremes<Arch, T>(x, n, found, std::make_integer_sequence<int, 4>());
}

}  // namespace tapegrad::kernels
