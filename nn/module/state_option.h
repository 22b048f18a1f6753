#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "autograd/base/cxx20.h"

// Internal, but for schedules of one's own: what their states say of their options.

namespace tapegrad::nn::detail {

/// An option that a state carries, so that another one is noticed: a number, a flag, one of an
/// enumeration (`words` says its values, in order), or a list.
struct Option {
  std::string_view name;
  std::vector<double> values;
  std::span<const std::string_view> words = {};
  bool list = false;

  template <class T>
  Option(std::string_view n, T value, std::span<const std::string_view> w = {})
      : name(n), values{static_cast<double>(value)}, words(w) {
    if constexpr (std::same_as<T, bool>) words = kFlags;
  }
  Option(std::string_view n, const std::vector<std::int64_t>& several)
      : name(n), values(several.begin(), several.end()), list(true) {}

  static constexpr std::string_view kFlags[] = {"false", "true"};
};

}  // namespace tapegrad::nn::detail
