#pragma once

/// @file
/// What formulas are instantiated with where there are no vectors: plain numbers with the functions
/// that formulas use. Includes nothing of the engine.
///
///     using Number = tg::formula::Number<float>;
///     const Number x = 0.5f, y = where(x > 0, sqrt(x), 0);

#include <cmath>
#include <type_traits>

#include "autograd/base/cxx20.h"

namespace tapegrad::formula {

/// @addtogroup formulas
/// @{

/// A plain number, `float` or `double`, with the arithmetic and the functions that formulas use of
/// vectors: a number of another type that meets it takes its type, so that `0.5 * x` of a `float`
/// stays one.
template <class T>
struct Number {
  T value;  ///< the number itself

  Number() = default;
  /// From any number.
  template <class Other>
  requires std::is_arithmetic_v<Other> Number(Other number)
  noexcept : value(static_cast<T>(number)) {}

  /// What a comparison gives.
  struct Truth {
    bool value;  ///< the answer
    /// Both.
    friend Truth operator&(Truth a, Truth b) noexcept { return {a.value && b.value}; }
    /// One or both.
    friend Truth operator|(Truth a, Truth b) noexcept { return {a.value || b.value}; }
    /// The opposite.
    friend Truth operator!(Truth a) noexcept { return {!a.value}; }
  };

  /// Arithmetic.
  /// @{
  friend Number operator-(Number a) noexcept { return -a.value; }
  friend Number operator+(Number a, Number b) noexcept { return a.value + b.value; }
  friend Number operator-(Number a, Number b) noexcept { return a.value - b.value; }
  friend Number operator*(Number a, Number b) noexcept { return a.value * b.value; }
  friend Number operator/(Number a, Number b) noexcept { return a.value / b.value; }
  Number& operator+=(Number b) noexcept { return *this = *this + b; }
  Number& operator-=(Number b) noexcept { return *this = *this - b; }
  Number& operator*=(Number b) noexcept { return *this = *this * b; }
  Number& operator/=(Number b) noexcept { return *this = *this / b; }
  /// @}

  /// Comparisons.
  /// @{
  friend Truth operator==(Number a, Number b) noexcept { return {a.value == b.value}; }
  friend Truth operator!=(Number a, Number b) noexcept { return {a.value != b.value}; }
  friend Truth operator<(Number a, Number b) noexcept { return {a.value < b.value}; }
  friend Truth operator<=(Number a, Number b) noexcept { return {a.value <= b.value}; }
  friend Truth operator>(Number a, Number b) noexcept { return {a.value > b.value}; }
  friend Truth operator>=(Number a, Number b) noexcept { return {a.value >= b.value}; }
  /// @}

  /// `a` where the condition holds, else `b`.
  friend Number where(Truth condition, Number a, Number b) noexcept {
    return condition.value ? a : b;
  }
  /// The larger, or the smaller; NaN when one of them is.
  /// @{
  friend Number maximum(Number a, Number b) noexcept {
    return a.value > b.value || a.value != a.value ? a : b;
  }
  friend Number minimum(Number a, Number b) noexcept {
    return a.value < b.value || a.value != a.value ? a : b;
  }
  /// @}

  /// The functions of the same names in `std`, and those that it lacks.
  /// @{
  friend Number abs(Number x) noexcept { return std::abs(x.value); }
  friend Number sqrt(Number x) noexcept { return std::sqrt(x.value); }
  friend Number rsqrt(Number x) noexcept { return 1 / std::sqrt(x.value); }
  friend Number exp(Number x) noexcept { return std::exp(x.value); }
  friend Number expm1(Number x) noexcept { return std::expm1(x.value); }
  friend Number log(Number x) noexcept { return std::log(x.value); }
  friend Number log1p(Number x) noexcept { return std::log1p(x.value); }
  friend Number log1p_exp(Number x) noexcept { return std::log1p(std::exp(x.value)); }
  friend Number sin(Number x) noexcept { return std::sin(x.value); }
  friend Number cos(Number x) noexcept { return std::cos(x.value); }
  friend Number tanh(Number x) noexcept { return std::tanh(x.value); }
  friend Number erf(Number x) noexcept { return std::erf(x.value); }
  friend Number erfc(Number x) noexcept { return std::erfc(x.value); }
  friend Number sigmoid(Number x) noexcept {
    const T e = std::exp(-std::abs(x.value));  // which cannot overflow
    return (x.value >= 0 ? T(1) : e) / (1 + e);
  }
  friend Number sign(Number x) noexcept { return T(x.value > 0) - T(x.value < 0); }
  friend Number pow(Number x, Number exponent) noexcept {
    return std::pow(x.value, exponent.value);
  }
  /// @}
};

/// @}

}  // namespace tapegrad::formula
