#pragma once

#include <bit>
#include <cstdint>

// Internal: what draws of random numbers compute with, the same bits on every platform.

namespace tapegrad::kernels {

/// A number in (-1/2, 1/2) from the upper 52 bits: the middle of one of 2^52 equal parts.
[[gnu::always_inline]] inline double centered(std::uint64_t bits) {
  return (std::bit_cast<double>(0x3FF0000000000000u | bits >> 12) - 1.5) + 0x1p-53;
}

/// Natural logarithm of a normal u > 0, error below 1 ulp: fdlibm's e_log.c (Sun Microsystems,
/// 1993).
[[gnu::always_inline]] inline double log_of_normal(double u) {
  constexpr std::uint64_t kRootHalf = 0x3FE6A09E667F3BCDu;
  constexpr std::uint64_t kBias = std::uint64_t{1024} << 52;
  // u = 2^(exponent - 1024) m with m in [sqrt(1/2), sqrt(2))
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(u);
  const std::uint64_t exponent = (bits - kRootHalf + kBias) >> 52;
  const double m = std::bit_cast<double>(bits + kBias - (exponent << 52));
  const double e = std::bit_cast<double>(0x4330000000000000u | exponent) - (0x1p52 + 1024);
  const double f = m - 1;
  const double s = f / (m + 1);
  const double z = s * s;
  double r = 1.479819860511658591e-01;
  r = 1.531383769920937332e-01 + z * r;
  r = 1.818357216161805012e-01 + z * r;
  r = 2.222219843214978396e-01 + z * r;
  r = 2.857142874366239149e-01 + z * r;
  r = 3.999999999940941908e-01 + z * r;
  r = 6.666666666666735130e-01 + z * r;
  r *= z;
  const double half = 0.5 * f * f;
  return e * 6.93147180369123816490e-01 -
         ((half - (s * (half + r) + e * 1.90821492927058770002e-10)) - f);
}

}  // namespace tapegrad::kernels
