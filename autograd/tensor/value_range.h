#pragma once

#include <cstdint>
#include <string>

#include "autograd/tensor/tensor.h"

// Internal: what numbers a value has.

namespace tapegrad::detail {

/// The numbers of a floating-point value.
struct ValueRange {
  double lowest = 0, highest = 0;  ///< of those that are finite, if lowest <= highest
  std::int64_t nan = 0;            ///< how many are NaN,
  std::int64_t positive = 0;       ///< inf
  std::int64_t negative = 0;       ///< and -inf

  std::int64_t infinite() const noexcept { return positive + negative; }
  bool finite() const noexcept { return nan == 0 && infinite() == 0; }
};

/// That of `value`, by one pass over its elements.
ValueRange range_of(const Impl& value);

/// Where the first NaN or infinity of `value` is, or -1.
std::int64_t first_not_finite(const Impl& value);

/// "3 NaN, 1 inf and 2 -inf".
std::string count_text(const ValueRange& range);
/// "-0.31 to 4.2", "only 0", "1 to 2 and 3 NaN", "no elements".
std::string to_string(const ValueRange& range);

}  // namespace tapegrad::detail
