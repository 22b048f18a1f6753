#pragma once

#include "autograd/kernels/simd/exp.h"

namespace tapegrad::kernels {

namespace detail {

/// -log(1 - erf(t)) for t beyond `erf_small`, up to where erf rounds to 1.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> minus_log_erfc(Vec<T, Arch> t) noexcept {
  if constexpr (sizeof(T) == 4) {
    return t * polynomial(t, 0x1.20efdcp+0, 0x1.452c7ap-1, 0x1.b37578p-4, -0x1.8663e2p-6,
                          0x1.e17744p-9, -0x1.5a68dp-12, 0x1.921fb4p-17);
  } else {
    return t * polynomial(t, 0x1.20dd759a68a4bp+0, 0x1.45f2f8dc03f6ep-1, 0x1.a4f756b6a48bbp-4,
                          -0x1.3988ebe01babdp-6, -0x1.8c6ea8a38f602p-13, 0x1.b2f7038233d2cp-10,
                          -0x1.19f2157b2fc36p-11, -0x1.1335d75922e95p-15, 0x1.eb98e8763d63bp-14,
                          -0x1.1c8d0fdd1be93p-14, 0x1.ab5c7fbe65e02p-16, -0x1.e028492006e7ep-18,
                          0x1.a32977a4f438dp-20, -0x1.1d96440191d43p-22, 0x1.2b601c458c0f7p-25,
                          -0x1.d36bf82eaf07cp-29, 0x1.002950660e166p-32, -0x1.5fc453e12333bp-37,
                          0x1.c73c7398d4373p-43);
  }
}

/// erf(x) / x - 1 for |x| up to `erf_small`, from x^2.
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> erf_near_zero(Vec<T, Arch> z) noexcept {
  if constexpr (sizeof(T) == 4) {
    return polynomial(z, 0x1.06eba4p-3, -0x1.8126acp-2, 0x1.ce1156p-4, -0x1.b60bdep-6,
                      0x1.44690ap-8, -0x1.2efc8p-11);
  } else {
    return polynomial(z, 0x1.06eba8214db68p-3, -0x1.812746b03799dp-2, 0x1.ce2f21a03f8b8p-4,
                      -0x1.b82ce311a96fbp-6, 0x1.565bcceed6034p-8, -0x1.c02daeb5c20e5p-11,
                      0x1.f9a2967f88a40p-14, -0x1.f4c829ea0f9efp-17, 0x1.b96b0c72e0769p-20,
                      -0x1.5b89e65b0048ep-23, 0x1.d3c6387dfda34p-27, -0x1.a1e3b119a7b69p-31);
  }
}

template <class T>
inline constexpr T erf_small = sizeof(T) == 4 ? T(0.945) : T(0.995);
/// From here on erf rounds to 1.
template <class T>
inline constexpr T erf_end = sizeof(T) == 4 ? T(3.94) : T(5.94);

template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> erf_inline(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  const V t = limit(abs(x), T(0), erf_end<T>);
  const V y = -minus_log_erfc(t);
  const auto power = nearest_power(y);
  const V two_n = power.value();
  const V large = copysign((1 - two_n) - two_n * reduce_exp(y, power), x);
  return where(t < erf_small<T>, fma(x, erf_near_zero(x * x), x), large);
}

template <class T, class Arch>
[[gnu::noinline]] static Vec<T, Arch> erf_called(Vec<T, Arch> x) noexcept {
  return erf_inline(x);
}

}  // namespace detail

/// The error function 2 / sqrt(pi) * integral of e^(-t^2) from 0 to x.
///
/// Near 0 an odd polynomial, beyond it 1 - e^-p(|x|) (the idea is N. Juffa's). Coefficients:
/// minimax fits of our own (Remez, error relative to erf).
template <class T, class Arch>
inline Vec<T, Arch> erf(Vec<T, Arch> x) noexcept {
  if constexpr (sizeof(T) == 4) {
    return detail::erf_inline(x);
  } else {
    return detail::erf_called(x);  // 50 instructions: not worth a copy at every use
  }
}

namespace detail {

/// (1 + 2t) e^(t^2) (1 - erf(t)) for t >= 0, from q = (t - k) / (t + k).
template <class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> scaled_erfc(Vec<T, Arch> t) noexcept {
  if constexpr (sizeof(T) == 4) {
    return polynomial((t - 2) / (t + 2), 0x1.46e80ep+0, -0x1.7bf602p-4, -0x1.540846p-3,
                      0x1.4ffb3ep-3, -0x1.bc0b28p-5, -0x1.07a318p-7, 0x1.1afa02p-7, 0x1.4dd422p-10,
                      -0x1.47ab4ap-10, -0x1.7be4f4p-12, 0x1.c2a784p-16);
  } else {
    return polynomial((t - 4) / (t + 4), 0x1.3ba5916e9fd7fp+0, -0x1.1df1ad154a29cp-3,
                      0x1.f7f5df66fd951p-7, 0x1.16ecefcfa6077p-4, -0x1.9ddb23c3e98a6p-4,
                      0x1.7fee004df6263p-4, -0x1.0fb06dfe46987p-4, 0x1.3079edfa1033fp-5,
                      -0x1.0962388367b2fp-6, 0x1.49c671893963fp-8, -0x1.8d4a9dc0d22f3p-11,
                      -0x1.a1de7c6e9ac9cp-13, 0x1.3be0b393ee921p-13, -0x1.996ad056e530bp-16,
                      -0x1.78a43458cca4bp-17, 0x1.7fb88e391a9fep-18, 0x1.4392983419eddp-22,
                      -0x1.c05fc977974eap-21, 0x1.0d535fce28f99p-24, 0x1.ef6c0c38d1a2bp-24,
                      -0x1.09198a32cd9a9p-27, -0x1.d5bb4c6d5b92dp-27, -0x1.f47207b168acdp-30);
  }
}

/// t^2 for t >= 0 as high^2, which is exact, since half of the mantissa is left, and a rest.
template <class T, class Arch>
struct Square {
  Vec<T, Arch> high, rest;
  [[gnu::always_inline]] explicit Square(Vec<T, Arch> t) noexcept {
    using Bits = typename Format<T>::Bits;
    constexpr int half = (Format<T>::mantissa_bits + 2) / 2;
    high = from_bits<T, Arch>(bits_of(t) & BitsVec<T, Arch>(~((Bits(1) << half) - 1)));
    rest = (t - high) * (t + high);
  }
};

/// From here on 1 - erf is 0.
template <class T>
inline constexpr T erfc_end = sizeof(T) == 4 ? T(10.5) : T(28);

template <class T, class Arch>
[[gnu::noinline]] static Vec<T, Arch> erfc_called(Vec<T, Arch> x) noexcept {
  using V = Vec<T, Arch>;
  const V t = limit(abs(x), T(0), erfc_end<T>);
  const Square<T, Arch> square(t);
  const V small = polynomial(-square.rest, 1., 1., 0x1p-1, 0x1.555556p-3, 0x1.555556p-5);
  const V tail = exp(-square.high * square.high) * small * (scaled_erfc(t) / (1 + 2 * t));
  const V near = 1 - fma(x, erf_near_zero(x * x), x);
  return where(t < T(0.5), near, where(x < 0, 2 - tail, tail));
}

}  // namespace detail

/// 1 - erf(x), with its relative accuracy where erf is near 1.
///
/// From (1 + 2x) e^(x^2) erfc(x), a polynomial of (x - k) / (x + k) (M. Shepherd and J.
/// Laframboise, Mathematics of Computation 36, 1981). Coefficients: fits of our own at Chebyshev
/// points.
template <class T, class Arch>
inline Vec<T, Arch> erfc(Vec<T, Arch> x) noexcept {
  return detail::erfc_called(x);
}

/// The standard normal distribution at a number.
template <class V>
struct Normal {
  V below;    ///< Phi(x), the integral up to there, with its relative accuracy where it is near 0
  V density;  ///< phi(x) = e^(-x^2 / 2) / sqrt(2 pi)
};

/// That of float32, where one e^(-x^2 / 2) serves both (float64 takes `erfc`).
///
/// Beyond s = |x| there is e^(-s^2 / 2) times a polynomial of (s - k) / (s + k) over s + k; see
/// `erfc`. Coefficients: a minimax fit of our own (Remez, relative error, for s up to 15).
template <class Arch>
[[gnu::always_inline]] inline Normal<Vec<float, Arch>> normal_at(Vec<float, Arch> x) noexcept {
  using V = Vec<float, Arch>;
  const V s = detail::limit(abs(x), 0.0f, 15.0f);
  const detail::Square<float, Arch> square(s);
  const auto power = detail::nearest_power(-0.5f * s * s);
  const V large = fma(V(-0.5f) * square.high, square.high, power.n * V(-detail::ln2_high<float>));
  const V r = fma(power.n, V(-detail::ln2_low<float>), large - 0.5f * square.rest);
  const V e = detail::scale(1 + detail::expm1_near_zero(r), power.n);
  constexpr float k = 3.25f;
  const V inverse = 1 / (s + k);
  const V above = e * inverse *
                  detail::polynomial(fma(V(-2 * k), inverse, V(1)), 0x1.799186p-1, -0x1.14379ap-1,
                                     0x1.190a6ep-2, -0x1.4b776cp-4, 0x1.1fb9acp-10, 0x1.101bc8p-7,
                                     -0x1.3161fap-10, -0x1.13a1p-10, 0x1.2faed6p-13, 0x1.0ce86p-13);
  return {where(x < 0, above, 1 - above), 0.39894228040143268f * e};
}

}  // namespace tapegrad::kernels
