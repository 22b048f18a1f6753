#include "autograd/tensor/value_range.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/reduce/extremes_table.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr ValueRange kNothing{kInfinity, -kInfinity};

ValueRange both(const ValueRange& a, const ValueRange& b) {
  return {std::min(a.lowest, b.lowest), std::max(a.highest, b.highest), a.nan + b.nan,
          a.positive + b.positive, a.negative + b.negative};
}

/// Of elements among which not all are finite.
template <class T>
[[gnu::noinline]] ValueRange counted(const T* x, std::int64_t n) {
  constexpr T inf = std::numeric_limits<T>::infinity();
  T lowest = inf, highest = -inf;
  ValueRange range = kNothing;
  for (std::int64_t i = 0; i < n; ++i) {
    range.nan += x[i] != x[i];
    range.positive += x[i] == inf;
    range.negative += x[i] == -inf;
    lowest = std::min(lowest, x[i] > -inf ? x[i] : inf);  // NaN is not greater, either
    highest = std::max(highest, x[i] < inf ? x[i] : -inf);
  }
  range.lowest = static_cast<double>(lowest);
  range.highest = static_cast<double>(highest);
  return range;
}

template <class T>
ValueRange plain(const T* x, std::int64_t n) {
  if (n == 0) return kNothing;
  T found[3];
  kernels::chosen<kernels::ExtremesKernels<T>>().extremes(x, n, found);
  if (found[2] != 0) return counted(x, n);
  return {static_cast<double>(found[0]), static_cast<double>(found[1])};
}

/// The same, shared among threads.
template <class T>
[[gnu::noinline]] ValueRange shared(const T* x, std::int64_t n) {
  constexpr std::int64_t most = 64;
  ValueRange parts[most];
  const std::int64_t length = (n + most - 1) / most, tiles = (n + length - 1) / length;
  kernels::parallel_for(tiles, [&](std::int64_t tile) {
    const std::int64_t first = tile * length;
    parts[tile] = plain(x + first, std::min(length, n - first));
  });
  ValueRange range = kNothing;
  for (std::int64_t tile = 0; tile < tiles; ++tile) range = both(range, parts[tile]);
  return range;
}

/// As an argument of a kernel.
template <class T>
Elements<T, Access::read> elements(const Impl& value) {
  return {&value};
}

}  // namespace

ValueRange range_of(const Impl& value) {
  return visit_floating(value.dtype, [&]<class T>(T) {
    return launch(
        "range_of",
        [](const T* x, std::int64_t n) {
          return kernels::worth_threads(n) ? shared(x, n) : plain(x, n);
        },
        elements<T>(value), value.numel());
  });
}

std::int64_t first_not_finite(const Impl& value) {
  return visit_floating(value.dtype, [&]<class T>(T) {
    return launch(
        "first_not_finite",
        [](const T* x, std::int64_t n) {
          const T* found = std::find_if(x, x + n, [](T each) { return !std::isfinite(each); });
          return found == x + n ? std::int64_t{-1} : found - x;
        },
        elements<T>(value), value.numel());
  });
}

namespace {

/// "`first`, 3 NaN and 1 inf", where `first` may be nothing.
std::string listed_counts(std::string first, const ValueRange& range) {
  std::string parts[4] = {std::move(first)};
  int count = parts[0].empty() ? 0 : 1;
  const auto add = [&](std::int64_t number, const char* what) {
    if (number > 0) parts[count++] = fmt::format("{} {}", number, what);
  };
  add(range.nan, "NaN");
  add(range.positive, "inf");
  add(range.negative, "-inf");
  std::string text;
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "" : i + 1 == count ? " and " : ", ") + parts[i];
  return text;
}

}  // namespace

std::string count_text(const ValueRange& range) { return listed_counts("", range); }

std::string to_string(const ValueRange& range) {
  const bool some = range.lowest <= range.highest;
  if (!some && range.finite()) return "no elements";
  if (!some) return count_text(range);
  return listed_counts(range.lowest == range.highest
                           ? fmt::format("only {:.4g}", range.lowest)
                           : fmt::format("{:.4g} to {:.4g}", range.lowest, range.highest),
                       range);
}

}  // namespace tapegrad::detail
