#pragma once

// Rows of numbers, and how far results are from exact ones.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>
#include <xsimd/xsimd.hpp>

namespace row_numbers {

using Arch = xsimd::default_arch;

using Int = std::int64_t;

using Exact = long double;

template <class T>
using Array = std::vector<T>;

template <class T>
constexpr T kInf = std::numeric_limits<T>::infinity();

template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

inline std::size_t index(Int i) { return static_cast<std::size_t>(i); }

template <class T>
Array<T> numbers(Int count, double seed, double size = 3) {
  Array<T> all(index(count));
  for (Int i = 0; i < count; ++i)
    all[index(i)] = static_cast<T>(size * std::sin(0.7 * static_cast<double>(i) + seed));
  return all;
}

/// Largest |a - b| / (1 + |b|); infinite where only one of them is NaN.
template <class T>
double difference(const Array<T>& a, const Array<Exact>& b) {
  double worst = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (std::isnan(a[i]) != std::isnan(b[i])) return INFINITY;
    if (std::isnan(a[i]) || static_cast<Exact>(a[i]) == b[i]) continue;
    worst = std::max(worst, static_cast<double>(std::abs(a[i] - b[i]) / (1 + std::abs(b[i]))));
  }
  return worst;
}

template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 1e-6 : 2e-15;

const Int kLengths[] = {1, 2, 3, 7, 10, 16, 17, 31, 33, 64, 100, 129, 1000};

}  // namespace row_numbers
