#pragma once

#include "autograd/kernels/simd/bits.h"

// Logarithms. Coefficients: minimax fits of our own (Remez, relative error).

namespace tapegrad::kernels {

namespace detail {

/// Takes a positive finite number apart, denormal or not.
template <class T, class Arch>
[[gnu::always_inline]] inline Parts<T, Arch> parts_of(Vec<T, Arch> x) noexcept {
#if defined(__AVX512F__)
  if constexpr (has_native_parts<Arch>) return native_parts(x);
#endif
  using V = Vec<T, Arch>;
  constexpr T smallest_normal = sizeof(T) == 4 ? T(0x1p-126) : T(0x1p-1022);
  const Mask<T, Arch> denormal = x < smallest_normal;
  const Parts<T, Arch> parts = parts_of_normal(where(denormal, x * T(0x1p54), x));
  return {parts.exponent - where(denormal, V(54), V(0)), parts.mantissa};
}

/// Puts in what a logarithm is at x <= 0, infinity and NaN.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> at_edges(Vec<T, Arch> x, Vec<T, Arch> result) noexcept {
  using V = Vec<T, Arch>;
  const V at_zero = where(x == 0, -infinity<T, Arch>(), not_a_number<T, Arch>());
  return where(x > 0, where(x < infinity<T, Arch>(), result, x), at_zero);
}

/// The same for what was computed from parts_of(x): native parts bring it about by arithmetic.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> at_edges_of_parts(Vec<T, Arch> x,
                                                             Vec<T, Arch> result) noexcept {
  if constexpr (has_native_parts<Arch>) return result;
  return at_edges(x, result);
}

/// log(1 + f) - f for 1 + f in [sqrt(1/2), sqrt(2)].
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> log1p_rest(Vec<T, Arch> f) noexcept {
  using V = Vec<T, Arch>;
  const V half_square = T(0.5) * f * f;
  if constexpr (sizeof(T) == 4) {
    const V p =
        polynomial(f, 0x1.555548p-2, -0x1.00007p-2, 0x1.99a542p-3, -0x1.552f16p-3, 0x1.230312p-3,
                   -0x1.0103p-3, 0x1.eff74ep-4, -0x1.bf42a8p-4, 0x1.b5c822p-5);
    return fma(f * f * f, p, -half_square);
  } else {
    // fdlibm's form: with s = f / (2 + f), log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)).
    const V s = f / (2 + f);
    const V z = s * s;
    const V r = z * polynomial(z, 0x1.5555555555592p-1, 0x1.999999997feefp-2, 0x1.24924941e521dp-2,
                               0x1.c71c521056b14p-3, 0x1.74663de476531p-3, 0x1.39a1cc95c6698p-3,
                               0x1.2f04f3ea837fdp-3);
    return fma(s, half_square + r, -half_square);
  }
}

/// f + rest + exponent * log 2. log 2 in two parts; the exponent times the first is exact.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> join_log(Vec<T, Arch> f, Vec<T, Arch> rest,
                                                    Vec<T, Arch> exponent) noexcept {
  using V = Vec<T, Arch>;
  return fma(exponent, V(ln2_high<T>), f + fma(exponent, V(ln2_low<T>), rest));
}

}  // namespace detail

/// The natural logarithm; -inf at 0, NaN below.
template <class T, class Arch>
inline Vec<T, Arch> log(Vec<T, Arch> x) noexcept {
  const auto [exponent, mantissa] = detail::parts_of(x);
  const Vec<T, Arch> f = mantissa - 1;
  return detail::at_edges_of_parts(x, detail::join_log(f, detail::log1p_rest(f), exponent));
}

/// log(1 + x), accurate near 0.
template <class T, class Arch>
inline Vec<T, Arch> log1p(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  const V y = 1 + x;
  const auto [exponent, mantissa] = detail::parts_of_normal(y);
  // y was rounded. (1 + x) / 2^exponent - 1 is made again from x, which was not; unless 1 is lost
  // beside x anyway, where 2^-exponent may not be a normal number.
  const V scale = detail::PowerOfTwo<T, Arch>(exponent, T(-1)).value();
  const V f = where(x < T(1e30), fma(x, scale, scale - 1), mantissa - 1);
  const V result = detail::join_log(f, detail::log1p_rest(f), exponent);
  return where(x == 0, x, detail::at_edges(y, result));  // keeps -0
}

/// The logarithm to base 2.
template <class T, class Arch>
inline Vec<T, Arch> log2(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  constexpr double high = 0x1.715476p+0;  // log2(e) = high + low
  constexpr double low = 0x1.4ae0bf85ddf44p-26;
  const auto [exponent, mantissa] = detail::parts_of(x);
  const V f = mantissa - 1;
  const V y = f + detail::log1p_rest(f);
  return detail::at_edges_of_parts(x, fma(y, V(high), fma(y, V(low), exponent)));
}

/// The logarithm to base 10.
template <class T, class Arch>
inline Vec<T, Arch> log10(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  constexpr double log10_e = 0x1.bcb7b1526e50ep-2;
  constexpr double log10_2_high = sizeof(T) == 4 ? 0x1.344p-2 : 0x1.34413509f78p-2;
  constexpr double log10_2_low = sizeof(T) == 4 ? 0x1.3509f8p-18 : 0x1.fef311f12b358p-46;
  const auto [exponent, mantissa] = detail::parts_of(x);
  const V f = mantissa - 1;
  const V y = f + detail::log1p_rest(f);
  const V low = fma(exponent, V(log10_2_low), y * log10_e);
  return detail::at_edges_of_parts(x, fma(exponent, V(log10_2_high), low));
}

}  // namespace tapegrad::kernels
