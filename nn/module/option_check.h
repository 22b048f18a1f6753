#pragma once

#include <cmath>
#include <string_view>

#include "autograd/base/fail.h"

// Internal: the checks that options share. NaN fails all of them.

namespace tapegrad::nn::detail {

/// Errors: `ValueError` unless `value` is finite and not negative.
inline void check_not_negative(std::string_view user, std::string_view name, double value) {
  if (!(value >= 0) || std::isinf(value))
    fail<ValueError>("{}: {} must be finite and at least 0, but is {}", user, name, value);
}

/// Errors: `ValueError` unless 0 <= value < 1.
inline void check_decay(std::string_view user, std::string_view name, double value) {
  if (!(value >= 0 && value < 1))
    fail<ValueError>("{}: {} must be in [0, 1), but is {}", user, name, value);
}

}  // namespace tapegrad::nn::detail
