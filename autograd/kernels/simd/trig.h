#pragma once

#include "autograd/kernels/simd/bits.h"

// Sine and cosine. Coefficients: minimax fits of our own (Remez).

namespace tapegrad::kernels {

namespace detail {

/// Up to here the multiples of pi / 2 below are exact; larger arguments go to the C library.
template <class T>
inline constexpr T trig_limit = sizeof(T) == 4 ? T(12000) : T(1.6e6);

/// sin(x + quadrant * pi / 2) for |x| <= trig_limit.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> sine_from(Vec<T, Arch> x, int quadrant) noexcept {
  using V = Vec<T, Arch>;
  using Batch = BitsVec<T, Arch>;
  using Bits = typename Format<T>::Bits;
  const PowerOfTwo<T, Arch> turn(x, V(0x1.45f306dc9c883p-1));
  const V n = turn.n;
  V r, sine, cosine;
  if constexpr (sizeof(T) == 4) {
    r = fma(n, V(-0x1.92p+0), x);
    r = fma(n, V(-0x1.fb4p-12), r);
    r = fma(n, V(-0x1.444p-24), r);
    r = fma(n, V(-0x1.68c234p-39), r);
    const V z = r * r;
    sine = fma(r * z, polynomial(z, -0x1.555546p-3, 0x1.11077cp-7, -0x1.9955aep-13), r);
    const V p = polynomial(z, 0x1.55554ap-5, -0x1.6c0c1ap-10, 0x1.99e0eep-16);
    cosine = 1 + fma(z * z, p, V(-0.5) * z);
  } else {
    r = fma(n, V(-0x1.921fb544p+0), x);
    r = fma(n, V(-0x1.0b4611a6p-34), r);
    r = fma(n, V(-0x1.3198a2e037073p-69), r);
    const V z = r * r;
    sine = fma(r * z,
               polynomial(z, -0x1.5555555555549p-3, 0x1.111111110f89cp-7, -0x1.a01a019c141b0p-13,
                          0x1.71de3578ed638p-19, -0x1.ae5e66a45fda1p-26, 0x1.5d93013aa96a7p-33),
               r);
    const V p = polynomial(z, 0x1.555555555554cp-5, -0x1.6c16c16c15217p-10, 0x1.a01a019cbe0a3p-16,
                           -0x1.27e4f8116c678p-22, 0x1.1ee9f04501d1dp-29, -0x1.8fb091849a8d5p-37);
    cosine = 1 + fma(z * z, p, V(-0.5) * z);
  }
  // The last two bits of n, counted with the bias, are the quadrant.
  const Batch turns = bits_of(turn.shifted) + Batch(Bits(quadrant + 1));
  const V odd = from_bits<T, Arch>((turns & Batch(Bits(1))) << Format<T>::mantissa_bits);
  const Batch sign = (turns << (sizeof(T) * 8 - 2)) & Batch(Bits(1) << (sizeof(T) * 8 - 1));
  return from_bits<T, Arch>(bits_of(where(odd == 0, sine, cosine)) ^ sign);
}

/// sine_from, and the C library's `far` in lanes beyond the limit. A lane does not see its
/// neighbours.
template <class T, class Arch, class F>
[[gnu::always_inline]] inline Vec<T, Arch> sine_anywhere(Vec<T, Arch> x, int quadrant,
                                                         F far) noexcept {
  const Mask<T, Arch> near = abs(x) <= trig_limit<T>;
  const Vec<T, Arch> result = sine_from(x, quadrant);
  if (any(!near)) [[unlikely]]
    return where(near, result, each_lane(x, x, far));
  return result;
}

}  // namespace detail

/// The sine of x radians.
template <class T, class Arch>
inline Vec<T, Arch> sin(Vec<T, Arch> x) noexcept {
  const auto far = [](T a, T) {
    return sizeof(T) == 4 ? T(__builtin_sinf(float(a))) : T(__builtin_sin(a));
  };
  return where(x == 0, x, detail::sine_anywhere(x, 0, far));  // keeps -0
}

/// The cosine of x radians.
template <class T, class Arch>
inline Vec<T, Arch> cos(Vec<T, Arch> x) noexcept {
  const auto far = [](T a, T) {
    return sizeof(T) == 4 ? T(__builtin_cosf(float(a))) : T(__builtin_cos(a));
  };
  return detail::sine_anywhere(x, 1, far);
}

/// The tangent of x radians.
template <class T, class Arch>
inline Vec<T, Arch> tan(Vec<T, Arch> x) noexcept {
  return sin(x) / cos(x);
}

}  // namespace tapegrad::kernels
