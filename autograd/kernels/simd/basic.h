#pragma once

#include "autograd/kernels/simd/vec.h"

// Functions of a vector that need no more than a few instructions.

namespace tapegrad::kernels {

/// All lanes combined into one number: the upper half onto the lower, until one lane is left.
template <std::int64_t by = 0, class T, class Arch, class F>
[[gnu::always_inline]] inline T combine_lanes(Vec<T, Arch> x, F combine) noexcept {
  constexpr std::int64_t half = by == 0 ? Vec<T, Arch>::size / 2 : by;
  x = combine(x, x.template rotate<half>());
  if constexpr (half == 1)
    return x.first();
  else
    return combine_lanes<half / 2>(x, combine);
}

template <class T, class Arch>
[[gnu::always_inline]] inline T sum(Vec<T, Arch> x) noexcept {
  return combine_lanes(x, [](Vec<T, Arch> a, Vec<T, Arch> b) { return a + b; });
}

/// The largest lane; NaN when there is one.
template <class T, class Arch>
[[gnu::always_inline]] inline T max(Vec<T, Arch> x) noexcept {
  return combine_lanes(x, [](Vec<T, Arch> a, Vec<T, Arch> b) { return maximum(a, b); });
}

/// The smallest lane; NaN when there is one.
template <class T, class Arch>
[[gnu::always_inline]] inline T min(Vec<T, Arch> x) noexcept {
  return combine_lanes(x, [](Vec<T, Arch> a, Vec<T, Arch> b) { return minimum(a, b); });
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> neg(Vec<T, Arch> x) noexcept {
  return -x;
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> abs(Vec<T, Arch> x) noexcept {
  return xsimd::abs(x.batch());
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> square(Vec<T, Arch> x) noexcept {
  return x * x;
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> sqrt(Vec<T, Arch> x) noexcept {
  return xsimd::sqrt(x.batch());
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> rsqrt(Vec<T, Arch> x) noexcept {
  return 1 / sqrt(x);
}

/// To the nearest integer, halves to the even one.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> round(Vec<T, Arch> x) noexcept {
  return xsimd::nearbyint(x.batch());
}

/// Towards zero.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> trunc(Vec<T, Arch> x) noexcept {
  if constexpr (std::is_same_v<Arch, xsimd::sse2>) {
    // SSE2 has no such instruction, and xsimd's detour loses the sign of zero.
    const Vec<T, Arch> size = abs(x);
    const Vec<T, Arch> near = round(size);
    return copysign(near - where(near > size, Vec<T, Arch>(1), Vec<T, Arch>(0)), x);
  } else {
    return xsimd::trunc(x.batch());
  }
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> floor(Vec<T, Arch> x) noexcept {
  if constexpr (std::is_same_v<Arch, xsimd::sse2>) {
    const Vec<T, Arch> near = round(x);
    return copysign(near - where(near > x, Vec<T, Arch>(1), Vec<T, Arch>(0)), x);
  } else {
    return xsimd::floor(x.batch());
  }
}

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> ceil(Vec<T, Arch> x) noexcept {
  if constexpr (std::is_same_v<Arch, xsimd::sse2>) {
    return -floor(-x);
  } else {
    return xsimd::ceil(x.batch());
  }
}

/// -1, 0 or 1; 0 for NaN, as PyTorch.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> sign(Vec<T, Arch> x) noexcept {
  return where(x > 0, Vec<T, Arch>(1), where(x < 0, Vec<T, Arch>(-1), Vec<T, Arch>(0)));
}

}  // namespace tapegrad::kernels
