#pragma once

#include <cstdint>

namespace tapegrad::kernels {

/// The masks of rows, one after the other: each of `count` rows of truth values in turn serves
/// `repeat` rows, and after the last the first one comes again.
struct RowMasks {
  const bool* first;
  std::int64_t repeat, count;
  std::int64_t at, used;  ///< the mask of the next row, and how many rows it has served

  /// Of the rows from `row` on.
  [[gnu::always_inline]] static RowMasks from(const bool* first, std::int64_t repeat,
                                              std::int64_t count, std::int64_t row) noexcept {
    return {first, repeat, count, row / repeat % count, row % repeat};
  }

  /// The mask, of `n` truth values, of the next row.
  [[gnu::always_inline]] const bool* next(std::int64_t n) noexcept {
    const bool* mask = first + at * n;
    if (++used == repeat) {
      used = 0;
      if (++at == count) at = 0;
    }
    return mask;
  }
};

}  // namespace tapegrad::kernels
