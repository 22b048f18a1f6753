#pragma once

#include "autograd/kernels/simd/bits.h"

// exp and what follows from it. Coefficients: minimax fits of our own (Remez, relative error).

namespace tapegrad::kernels {

namespace detail {

/// 2^n, the nearest to e^x.
template <class T, class Arch>
[[gnu::always_inline]] inline PowerOfTwo<T, Arch> nearest_power(Vec<T, Arch> x) noexcept {
  return PowerOfTwo<T, Arch>(x, 0x1.71547652b82fep+0);
}

/// Limits of the argument of exp: beyond them the result is 0 or infinity.
template <class T>
inline constexpr T exp_low = sizeof(T) == 4 ? T(-104) : T(-746);
template <class T>
inline constexpr T exp_high = sizeof(T) == 4 ? T(89) : T(710);

/// e^r - 1 for |r| up to log(2) / 2, with its relative accuracy near 0.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> expm1_near_zero(Vec<T, Arch> r) noexcept {
  Vec<T, Arch> p;
  if constexpr (sizeof(T) == 4) {
    p = polynomial(r, 0x1p-1, 0x1.5554aap-3, 0x1.555538p-5, 0x1.122c52p-7, 0x1.6cd79p-10);
  } else {
    p = polynomial(r, 0x1p-1, 0x1.5555555555559p-3, 0x1.5555555555556p-5, 0x1.111111110f654p-7,
                   0x1.6c16c16c15a6ap-10, 0x1.a01a01b002bbdp-13, 0x1.a01a01abd79ddp-16,
                   0x1.71ddf811c2086p-19, 0x1.27e4cc0ade5e7p-22, 0x1.af5f364a6e981p-26,
                   0x1.1f91062fb6d74p-29);
  }
  return fma(r * p, r, r);
}

/// Returns q with e^x = 2^n (1 + q), q in [-0.30, 0.42]; n is x / log 2, rounded. q keeps its
/// relative accuracy near 0.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> reduce_exp(Vec<T, Arch> x,
                                                      PowerOfTwo<T, Arch> power) noexcept {
  using V = Vec<T, Arch>;
  return expm1_near_zero(fma(power.n, V(-ln2_low<T>), fma(power.n, V(-ln2_high<T>), x)));
}

}  // namespace detail

/// e^x.
template <class T, class Arch>
inline Vec<T, Arch> exp(Vec<T, Arch> x) noexcept {
  x = detail::limit(x, detail::exp_low<T>, detail::exp_high<T>);
  const auto power = detail::nearest_power(x);
  return detail::scale(1 + detail::reduce_exp(x, power), power.n);
}

/// e^x - 1, accurate near 0.
template <class T, class Arch>
inline Vec<T, Arch> expm1(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  // e^-40 is nothing beside 1. 2^n may overflow where the result does not, so half of it is used.
  const V limited = detail::limit(x, T(-40), detail::exp_high<T>);
  const auto power = detail::nearest_power(limited);
  const V q = detail::reduce_exp(limited, power);
  const V half = detail::PowerOfTwo<T, Arch>(power.n - 1, T(1)).value();
  const V result = 2 * fma(half, q, half - T(0.5));
  return where(abs(x) < T(1e-20), x, result);  // keeps -0 and denormals
}

/// 1 / (1 + e^-x). Computed from e^-|x|, which cannot overflow.
template <class T, class Arch>
inline Vec<T, Arch> sigmoid(Vec<T, Arch> x) noexcept {
  const Vec<T, Arch> e = exp(-abs(x));
  return where(x >= 0, Vec<T, Arch>(1), e) / (1 + e);
}

/// log(1 + e^x) for x <= 0. With u = e^x in [0, 1] no exponent needs to be taken apart: log(1 + u)
/// is 2 artanh(t / 2) with t = u / (1 + u / 2), which is t + t w p(w) with w = t^2. As u is t + t u
/// / 2, little depends on how t was rounded.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> log1p_exp(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  const V u = exp(x);
  const V half = T(0.5) * u;
  const V t = u / (1 + half);
  const V w = t * t;
  V p;
  if constexpr (sizeof(T) == 4) {
    p = detail::polynomial(w, 0x1.555502p-4, 0x1.99d208p-7, 0x1.1ebd0ep-9, 0x1.1ed7bep-11);
  } else {
    p = detail::polynomial(w, 0x1.5555555555556p-4, 0x1.999999999956cp-7, 0x1.24924924c14a0p-9,
                           0x1.c71c71a632009p-12, 0x1.745d1df4ef550p-14, 0x1.3b12d7515da2fp-16,
                           0x1.11232cbf4a4d3p-18, 0x1.dfe4c6e6ec06fp-21, 0x1.c161504f97c0ap-23,
                           0x1.1eb2d712a7c0bp-25, 0x1.5114be6401cf1p-26);
  }
  return fma(t, fma(w, p, -half), u);
}

/// The hyperbolic tangent, from m = e^(2|x|) - 1 as m / (m + 2).
template <class T, class Arch>
inline Vec<T, Arch> tanh(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  // At the upper limit the result has reached 1.
  const V y = detail::limit(2 * abs(x), T(0), T(40));
  const auto power = detail::nearest_power(y);
  const V two_n = power.value();
  const V m = fma(two_n, detail::reduce_exp(y, power), two_n - 1);
  return copysign(m / (m + 2), x);
}

}  // namespace tapegrad::kernels
