#pragma once

#include <concepts>
#include <type_traits>

#include "autograd/kernels/cxx20.h"

namespace tapegrad {

/// A parameter that is true or false, and takes no number: `x.sum(0, 1)` would else keep the
/// dimension, where its writer means two dimensions, which are `x.sum({0, 1})`.
class Flag {
 public:
  constexpr Flag(bool value) noexcept : value_(value) {}
  // clang-format off
  template <class T> requires(std::is_arithmetic_v<T> || std::is_pointer_v<T>)
  Flag(T) = delete;  // a flag is `true` or `false`; several dimensions are written {0, 1}
  // clang-format on
  constexpr operator bool() const noexcept { return value_; }

 private:
  bool value_;
};

}  // namespace tapegrad
