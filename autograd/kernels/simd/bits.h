#pragma once

#include <cstdint>
#include <type_traits>

#include "autograd/kernels/simd/basic.h"

// What the functions of exp.h, log.h, ... are built from.

namespace tapegrad::kernels::detail {

/// The layout of IEEE numbers, and the constants that depend on it.
template <class T>
struct Format;

template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa_bits = 23;
  static constexpr int bias = 127;
  static constexpr Bits infinity = 0x7f800000;
  static constexpr Bits sqrt_half = 0x3f3504f3;
};

template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa_bits = 52;
  static constexpr int bias = 1023;
  static constexpr Bits infinity = 0x7ff0000000000000;
  static constexpr Bits sqrt_half = 0x3fe6a09e667f3bcd;
};

template <class T, class Arch>
using BitsVec = xsimd::batch<typename Format<T>::Bits, Arch>;

template <class T, class Arch>
[[gnu::always_inline]] inline BitsVec<T, Arch> bits_of(Vec<T, Arch> x) noexcept {
  return xsimd::bitwise_cast<BitsVec<T, Arch>>(x.batch());
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> from_bits(BitsVec<T, Arch> bits) noexcept {
  return xsimd::bitwise_cast<xsimd::batch<T, Arch>>(bits);
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> infinity() noexcept {
  return from_bits<T, Arch>(BitsVec<T, Arch>(Format<T>::infinity));
}

/// A quiet NaN.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> not_a_number() noexcept {
  return from_bits<T, Arch>(BitsVec<T, Arch>(Format<T>::infinity | (Format<T>::infinity >> 1)));
}

/// c0 + c2 x + c4 x^2 + ...: every second coefficient.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> every_second(Vec<T, Arch>, double c0) noexcept {
  return c0;
}
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> every_second(Vec<T, Arch>, double c0, double) noexcept {
  return c0;
}
template <class T, class Arch, class... C>
[[gnu::always_inline]] inline Vec<T, Arch> every_second(Vec<T, Arch> x, double c0, double,
                                                        C... c) noexcept {
  return fma(every_second(x, c...), x, Vec<T, Arch>(c0));
}

/// c0 + c1 x + c2 x^2 + ... A long one is computed as two that do not wait for each other.
template <class T, class Arch, class... C>
[[gnu::always_inline]] inline Vec<T, Arch> polynomial(Vec<T, Arch> x, double c0, C... c) noexcept {
  if constexpr (sizeof...(C) == 0) {
    return c0;
  } else if constexpr (sizeof...(C) < 8) {
    return fma(polynomial(x, c...), x, Vec<T, Arch>(c0));
  } else {
    const Vec<T, Arch> z = x * x;
    return fma(every_second(z, c...), x, every_second(z, c0, c...));
  }
}

/// log 2 in two parts; a whole number times the first is exact.
/// @{
template <class T>
inline constexpr double ln2_high = sizeof(T) == 4 ? 0x1.62e4p-1 : 0x1.62e42feep-1;
template <class T>
inline constexpr double ln2_low = sizeof(T) == 4 ? 0x1.7f7d1cp-20 : 0x1.a39ef35793c76p-33;
/// @}

/// Limits x from below and above; NaN stays NaN.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> limit(Vec<T, Arch> x, T low, T high) noexcept {
  using Batch = xsimd::batch<T, Arch>;
  // The order of the arguments matters: x86 returns the second one when either is NaN.
  return xsimd::min(Batch(high), xsimd::max(Batch(low), x.batch()));
}

/// An integer n as a number, and 2^n when n is in the range of normal exponents.
///
/// Adding 1.5 * 2^mantissa_bits rounds to an integer, whose bits then stand at the end of the
/// mantissa.
template <class T, class Arch>
struct PowerOfTwo {
  static constexpr T shift =
      T(3) * T(typename Format<T>::Bits(1) << (Format<T>::mantissa_bits - 1)) + T(Format<T>::bias);

  Vec<T, Arch> n;
  Vec<T, Arch> shifted;

  /// n = the integer nearest to a * b.
  [[gnu::always_inline]] PowerOfTwo(Vec<T, Arch> a, Vec<T, Arch> b) noexcept
      : shifted(fma(a, b, Vec<T, Arch>(shift))) {
    n = shifted - shift;
  }
  [[gnu::always_inline]] Vec<T, Arch> value() const noexcept {
    return from_bits<T, Arch>(bits_of(shifted) << Format<T>::mantissa_bits);
  }
};

/// x * 2^n, rounded once; right for overflow, denormal results and NaN.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> scale(Vec<T, Arch> x, Vec<T, Arch> n) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(x) == 64 && sizeof(T) == 4) {
    return xsimd::batch<T, Arch>(_mm512_scalef_ps(x.value, n.value));
  } else if constexpr (sizeof(x) == 64) {
    return xsimd::batch<T, Arch>(_mm512_scalef_pd(x.value, n.value));
  } else
#endif
  {
    const PowerOfTwo<T, Arch> half(n, T(0.5));
    const PowerOfTwo<T, Arch> rest(n - half.n, T(1));
    return x * half.value() * rest.value();
  }
}

/// A positive number as 2^exponent * mantissa, sqrt(1/2) <= mantissa < sqrt(2).
template <class T, class Arch>
struct Parts {
  Vec<T, Arch> exponent;
  Vec<T, Arch> mantissa;
};

/// Takes a positive, finite, normal number apart.
template <class T, class Arch>
[[gnu::always_inline]] inline Parts<T, Arch> parts_of_normal(Vec<T, Arch> x) noexcept {
  using Bits = typename Format<T>::Bits;
  using Batch = BitsVec<T, Arch>;
  constexpr int width = Format<T>::mantissa_bits;
  // Counted from sqrt(1/2), the exponent changes where the mantissa starts again.
  constexpr Bits start = Format<T>::sqrt_half;
  constexpr Bits bias = Format<T>::bias;
  const Batch distance = bits_of(x) - Batch(start - (bias << width));
  // The biased exponent, put into the mantissa of 2^width, becomes a number without a conversion.
  constexpr Bits power = (bias + width) << width;
  const Vec<T, Arch> exponent =
      from_bits<T, Arch>((distance >> width) | Batch(power)) - T((Bits(1) << width) + bias);
  const Batch mantissa = (distance & Batch((Bits(1) << width) - 1)) + Batch(start);
  return {exponent, from_bits<T, Arch>(mantissa)};
}

/// True where the machine has instructions that take numbers apart, at 0, infinity and NaN too.
template <class Arch>
inline constexpr bool has_native_parts =
    sizeof(typename xsimd::batch<float, Arch>::register_type) == 64;

#if defined(__AVX512F__)
/// Takes any number apart. 0 and infinity have the exponents -inf and +inf; the mantissa of a
/// negative number and of NaN is NaN.
template <class T, class Arch>
[[gnu::always_inline]] inline Parts<T, Arch> native_parts(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  using Batch = xsimd::batch<T, Arch>;
  V exponent, mantissa;
  if constexpr (sizeof(T) == 4) {
    exponent = Batch(_mm512_getexp_ps(x.value));
    mantissa = Batch(_mm512_getmant_ps(x.value, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_nan));
  } else {
    exponent = Batch(_mm512_getexp_pd(x.value));
    mantissa = Batch(_mm512_getmant_pd(x.value, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_nan));
  }
  const Mask<T, Arch> large = mantissa >= 0x1.6a09e6p+0;  // sqrt(2)
  return {where(large, exponent + 1, exponent), where(large, mantissa * T(0.5), mantissa)};
}
#endif

/// Reads floats as a vector of doubles.
template <class Arch>
[[gnu::always_inline]] inline Vec<double, Arch> load_widened(const float* from) noexcept {
  using Register = typename xsimd::batch<double, Arch>::register_type;
  constexpr int bytes = static_cast<int>(sizeof(Register) / 2);
  using Half [[gnu::vector_size(bytes)]] = float;
  Half half;
  __builtin_memcpy(&half, from, sizeof(half));
  return xsimd::batch<double, Arch>(__builtin_convertvector(half, Register));
}

/// Writes a vector of doubles as floats.
template <class Arch>
[[gnu::always_inline]] inline void store_narrowed(Vec<double, Arch> x, float* to) noexcept {
  using Register = typename xsimd::batch<double, Arch>::register_type;
  constexpr int bytes = static_cast<int>(sizeof(Register) / 2);
  using Half [[gnu::vector_size(bytes)]] = float;
  const Half half = __builtin_convertvector(x.value, Half);
  __builtin_memcpy(to, &half, sizeof(half));
}

/// For arguments that are too rare to deserve a vector: f of each lane.
template <class T, class Arch, class F>
[[gnu::noinline]] static Vec<T, Arch> each_lane(Vec<T, Arch> x, Vec<T, Arch> y, F f) noexcept {
  T a[Vec<T, Arch>::size], b[Vec<T, Arch>::size];
  x.store(a);
  y.store(b);
  for (std::int64_t i = 0; i < Vec<T, Arch>::size; ++i) a[i] = f(a[i], b[i]);
  return Vec<T, Arch>::load(a);
}

}  // namespace tapegrad::kernels::detail
