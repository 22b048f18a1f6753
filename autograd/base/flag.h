#pragma once

/// @file
/// Parameters that take what is meant and nothing that looks like it: a truth value where a flag is
/// meant, a whole number where a number of things is.
///
///     tg::Tensor x = tg::ones({2, 3});
///     tg::sum(x, {0, 1}, true);  // tg::sum(x, 0, 1) does not compile: 1 is no flag
///     tg::std(x, 0, 0);          // nor does tg::std(x, 0, true): a correction is no flag

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "autograd/base/cxx20.h"

namespace tapegrad {

/// @addtogroup tensors
/// @{

/// A parameter that is true or false, and takes no number: `x.sum(0, 1)` would else keep the
/// dimension, where its writer means two dimensions, which are `x.sum({0, 1})`.
class Flag {
 public:
  /// From a truth value; numbers and pointers do not compile.
  constexpr Flag(bool value) noexcept : value_(value) {}
  // clang-format off
  template <class T> requires(std::is_arithmetic_v<T> || std::is_pointer_v<T>)
  Flag(T) = delete;  // a flag is `true` or `false`; several dimensions are written {0, 1}
  // clang-format on
  /// The truth value.
  constexpr operator bool() const noexcept { return value_; }

 private:
  bool value_;
};

/// A parameter that is a whole number, and takes neither a truth value nor a fraction: in
/// `x.std(0, true)` the second argument is the correction, where its writer may mean keepdim.
class Integer {
 public:
  /// From any whole number; truth values and fractions do not compile.
  template <class T>
  requires(std::convertible_to<T, std::int64_t> && !std::same_as<T, bool> &&
           !std::floating_point<T>) constexpr Integer(T value) noexcept
      : value_(static_cast<std::int64_t>(value)) {}
  // clang-format off
  template <class T> requires(std::same_as<T, bool> || std::floating_point<T>)
  Integer(T) = delete;  // a whole number, no fraction and no truth value (keepdim comes later)
  // clang-format on
  /// The number.
  constexpr operator std::int64_t() const noexcept { return value_; }

 private:
  std::int64_t value_;
};

/// A parameter that is any number, and takes no truth value: in `dropout(x, true)` the second
/// argument is the probability, where its writer may mean the mode.
class Real {
 public:
  /// From any number; truth values do not compile.
  template <class T>
  requires(std::convertible_to<T, double> && !std::same_as<T, bool> &&
           !std::same_as<T, Flag>) constexpr Real(T value) noexcept
      : value_(static_cast<double>(value)) {}
  // clang-format off
  template <class T> requires(std::same_as<T, bool> || std::same_as<T, Flag>)
  Real(T) = delete;  // a number, no truth value (a mode comes later, or is set by train and eval)
  // clang-format on
  /// The number.
  constexpr operator double() const noexcept { return value_; }

 private:
  double value_;
};

/// @}

}  // namespace tapegrad
