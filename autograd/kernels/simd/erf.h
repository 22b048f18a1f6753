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

}  // namespace tapegrad::kernels
