#pragma once

#include <cmath>
#include <cstdint>

#include "autograd/ops/formula/number.h"

// Internal: the functions that formulas seldom need, for plain numbers: those of the C library, and
// what that lacks. Includes nothing of the engine.

namespace tapegrad::formula {

/// @addtogroup formulas
/// @{
/// @cond

using Double = Number<double>;

inline Double floor(Double x) noexcept { return std::floor(x.value); }
inline Double ceil(Double x) noexcept { return std::ceil(x.value); }
/// Halves go to the even neighbour.
inline Double round(Double x) noexcept { return std::nearbyint(x.value); }
inline Double trunc(Double x) noexcept { return std::trunc(x.value); }
inline Double copysign(Double x, Double sign) noexcept {
  return std::copysign(x.value, sign.value);
}
inline Double exp2(Double x) noexcept { return std::exp2(x.value); }
inline Double log2(Double x) noexcept { return std::log2(x.value); }
inline Double log10(Double x) noexcept { return std::log10(x.value); }
inline Double tan(Double x) noexcept { return std::tan(x.value); }
inline Double asin(Double x) noexcept { return std::asin(x.value); }
inline Double acos(Double x) noexcept { return std::acos(x.value); }
inline Double atan(Double x) noexcept { return std::atan(x.value); }
inline Double atan2(Double y, Double x) noexcept { return std::atan2(y.value, x.value); }
inline Double sinh(Double x) noexcept { return std::sinh(x.value); }
inline Double cosh(Double x) noexcept { return std::cosh(x.value); }
inline Double asinh(Double x) noexcept { return std::asinh(x.value); }
inline Double acosh(Double x) noexcept { return std::acosh(x.value); }
inline Double atanh(Double x) noexcept { return std::atanh(x.value); }
inline Double hypot(Double a, Double b) noexcept { return std::hypot(a.value, b.value); }

/// The remainder with the sign of the dividend, and with that of the divisor, and the quotient
/// that belongs to the latter, a whole number.
/// @{
inline Double fmod(Double a, Double b) noexcept { return std::fmod(a.value, b.value); }
[[gnu::noinline]] inline Double remainder(Double a, Double b) noexcept {
  const double rest = std::fmod(a.value, b.value);
  return rest != 0 && (rest < 0) != (b.value < 0) ? rest + b.value : rest;
}
[[gnu::noinline]] inline Double floor_divide(Double a, Double b) noexcept {
  if (b.value == 0) return a / b;
  const double rest = std::fmod(a.value, b.value);
  double quotient = (a.value - rest) / b.value;
  if (rest != 0 && (rest < 0) != (b.value < 0)) quotient -= 1;
  return quotient == 0 ? std::copysign(0.0, a.value / b.value) : std::nearbyint(quotient);
}
/// @}

inline Double lgamma(Double x) noexcept {
#if defined(__GLIBC__)
  int sign;  // std::lgamma has it in a variable that all threads share
  return ::lgamma_r(x.value, &sign);
#else
  return std::lgamma(x.value);
#endif
}

/// By recurrence to x >= 10, and the asymptotic series there; by reflection below 0 (Abramowitz and
/// Stegun, 6.3.5, 6.3.18 and 6.3.7).
[[gnu::noinline]] inline Double digamma(Double number) noexcept {
  constexpr double pi = 3.14159265358979324;
  double x = number.value, sum = 0;
  if (x == 0) return std::copysign(HUGE_VAL, -x);
  if (x < 0) {
    if (x == std::floor(x)) return std::nan("");
    sum = -pi / std::tan(pi * (x - std::nearbyint(x)));
    x = 1 - x;
  }
  for (; x < 10; x += 1) sum -= 1 / x;
  // B_2k / 2k
  constexpr double series[] = {1. / 12,  -1. / 120,      1. / 252, -1. / 240,
                               1. / 132, -691. / 32760., 1. / 12,  -3617. / 8160};
  const double square = 1 / (x * x);
  double power = square, tail = 0;
  for (const double each : series) {
    tail += each * power;
    power *= square;
  }
  return sum + (std::log(x) - 0.5 / x - tail);
}

/// The sum over k >= 0 of (x + k)^-s for x > 0 and s > 1: the first terms, and the formula of Euler
/// and Maclaurin for the others (Abramowitz and Stegun, 23.1.30).
[[gnu::noinline]] inline double hurwitz_zeta(double s, double x) noexcept {
  double sum = 0;
  const double enough = 10 + s / 2;
  for (; x < enough; x += 1) {
    const double term = std::pow(x, -s);
    sum += term;
    if (term <= 1e-18 * sum) return sum;  // all others are some ten times as much
  }
  if (x == HUGE_VAL) return 0;
  const double power = std::pow(x, -s);
  sum += power * (x / (s - 1) + 0.5);
  // B_2k / (2k)!
  constexpr double series[] = {1. / 12,           -1. / 720,
                               1. / 30240,        -1. / 1209600,
                               1. / 47900160,     -691. / 1307674368e3,
                               1. / 74724249600., -3617. / 10670622842880e3};
  double factor = power * s / x;
  for (int k = 0; k < 8; ++k) {
    sum += series[k] * factor;
    factor *= (s + 2 * k + 1) * (s + 2 * k + 2) / (x * x);
  }
  return sum;
}

/// The derivative of order n of digamma: (-1)^(n+1) n! zeta(n + 1, x) (Abramowitz
/// and Stegun, 6.4.10). Below 0 the sum has terms on both sides of 0, which are sums by themselves.
[[gnu::noinline]] inline Double polygamma(std::int64_t n, Double number) noexcept {
  if (n == 0) return digamma(number);
  const double x = number.value, s = static_cast<double>(n) + 1;
  const double scale = (n % 2 == 0 ? -1 : 1) * std::tgamma(s);
  if (x > 0 || x != x) return scale * hurwitz_zeta(s, x);
  const double whole = std::floor(x), fraction = x - whole;
  if (fraction == 0) return n % 2 == 0 && x < 0 ? std::nan("") : scale * HUGE_VAL;
  const double below = hurwitz_zeta(s, 1 - fraction) - hurwitz_zeta(s, 1 - x);
  return scale * (hurwitz_zeta(s, fraction) + (n % 2 == 0 ? -below : below));
}

/// The approximation of S. Winitzki (2008), whose relative error is 0.002, and three steps of
/// Halley's method, each of which cubes it. Near 1 by erfc, where nothing cancels.
[[gnu::noinline]] inline Double erfinv(Double number) noexcept {
  const double y = std::abs(number.value);
  if (!(y < 1)) return y == 1 ? number.value * HUGE_VAL : std::nan("");
  constexpr double a = 0.147, pi = 3.14159265358979324, half_root_pi = 0.886226925452758014;
  double x = y * half_root_pi;
  if (y > 0.1) {
    const double log = std::log1p(-y * y), middle = 2 / (pi * a) + log / 2;
    x = std::sqrt(std::sqrt(middle * middle - log / a) - middle);
  }
  for (int step = 0; step < 3; ++step) {
    const double error = y > 0.5 ? (1 - y) - std::erfc(x) : std::erf(x) - y;
    const double change = error * half_root_pi * std::exp(x * x);
    x -= change / (1 + x * change);
  }
  return std::copysign(x, number.value);
}

/// @endcond
/// @}

}  // namespace tapegrad::formula
