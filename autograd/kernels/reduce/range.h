#pragma once

#include <limits>

// Sums of squares whose elements are far from 1.

namespace tapegrad::kernels {

/// A mean of squares below this may have missed elements whose squares vanished.
template <class T>
inline constexpr T smallest_mean_square = sizeof(T) == 4 ? T(0x1p-100) : T(0x1p-960);

/// The largest power of two that is not above x, within what has an inverse, for x >= 0; 1 for NaN
/// and infinity. Dividing by it rounds nothing.
template <class T>
static T power_of_two(T x) noexcept {
  if (!(x <= std::numeric_limits<T>::max())) return 1;
  if (x < std::numeric_limits<T>::min()) return std::numeric_limits<T>::min();
  return static_cast<T>(__builtin_ldexp(1, __builtin_ilogb(static_cast<double>(x))));
}

}  // namespace tapegrad::kernels
