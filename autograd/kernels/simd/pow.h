#pragma once

#include "autograd/kernels/simd/log.h"

namespace tapegrad::kernels {

namespace detail {

/// x^y for x >= 0, in double: right to about 2^-29, enough to round to float. Zero, infinities and
/// NaN come out by arithmetic, except for 0 * inf.
template <class Arch>
[[gnu::always_inline]] inline Vec<double, Arch> pow_for_float(Vec<double, Arch> x,
                                                              Vec<double, Arch> y) noexcept {
  using V = Vec<double, Arch>;
  // log2(m) = s p(s^2), s = (m - 1) / (m + 1).
  const auto [exponent, m] = parts_of(x);
  const V s = (m - 1) / (m + 1);
  const V p = polynomial(s * s, 0x1.71547652bee01p+1, 0x1.ec709d12bc75ap-1, 0x1.27777ff7a8df0p-1,
                         0x1.a58d8145de49cp-2, 0x1.5ce8e68bf65f1p-2);
  const V log2_x = at_edges_of_parts(x, fma(s, p, exponent));

  const V power = limit(y * log2_x, -200., 200.);
  const PowerOfTwo<double, Arch> whole(power, V(1));
  const V r = power - whole.n;
  const V fraction = polynomial(r, 0x1.0000000263185p+0, 0x1.62e430c802efep-1, 0x1.ebfbdad7fd77ap-3,
                                0x1.c6aed495ebb48p-5, 0x1.3b2dbf5438b34p-7, 0x1.5f457aeb3ec6cp-10,
                                0x1.41d076e5dacf2p-13);
  return fraction * whole.value();
}

template <class Arch>
[[gnu::noinline]] static Vec<float, Arch> pow_called(Vec<float, Arch> x,
                                                     Vec<float, Arch> y) noexcept {
  using V = Vec<float, Arch>;
  using Wide = Vec<double, Arch>;
  const V size = abs(x);
  float a[V::size], b[V::size];
  size.store(a);
  y.store(b);
  for (std::int64_t i = 0; i < V::size; i += Wide::size) {
    store_narrowed(pow_for_float(load_widened<Arch>(a + i), load_widened<Arch>(b + i)), a + i);
  }
  V result = V::load(a);
  // The rest is C's definition of pow, Annex F.
  result = where((size == 1) & (y == y), V(1), result);
  const V half = y * 0.5f;
  const auto whole = trunc(y) == y;
  const auto odd = whole & (trunc(half) != half);
  result = where(odd, copysign(result, x), result);
  result = where((x < 0) & (size < infinity<float, Arch>()) & !whole, not_a_number<float, Arch>(),
                 result);
  return where((y == 0) | (x == 1), V(1), result);
}

template <class Arch>
[[gnu::noinline]] static Vec<double, Arch> pow_called(Vec<double, Arch> x,
                                                      Vec<double, Arch> y) noexcept {
  return each_lane(x, y, [](double a, double b) { return __builtin_pow(a, b); });
}

}  // namespace detail

/// `a` to the power of `b` with every special case of C's pow; a plain number may stand for either.
/// float: computed in double and rounded. double: the C library's pow, lane by lane.
template <class T, class Arch>
inline Vec<T, Arch> pow(Vec<T, Arch> a, Vec<T, Arch> b) noexcept {
  return detail::pow_called(a, b);
}
template <class T, class Arch, class Number>
requires std::is_arithmetic_v<Number>
inline Vec<T, Arch> pow(Vec<T, Arch> a, Number b) noexcept {
  return detail::pow_called(a, Vec<T, Arch>(b));
}
template <class T, class Arch, class Number>
requires std::is_arithmetic_v<Number>
inline Vec<T, Arch> pow(Number a, Vec<T, Arch> b) noexcept {
  return detail::pow_called(Vec<T, Arch>(a), b);
}

}  // namespace tapegrad::kernels
