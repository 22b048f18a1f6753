#pragma once

#include <cstdint>
#include <limits>

#include "autograd/kernels/reduce/range.h"
#include "autograd/kernels/reduce/reduce.h"

// Rows `[rows, n]`, n >= 1, brought to mean 0 and variance 1; all arrays are dense.

namespace tapegrad::kernels {

namespace detail {

/// Element i of a weight `[n]`, or `missing` without one.
template <class T, class Arch, class Place>
[[gnu::always_inline]] inline Vec<T, Arch> at_or(const T* weight, Place at,
                                                 Vec<T, Arch> missing) noexcept {
  return weight ? at(weight) : missing;
}

}  // namespace detail

namespace detail {

/// The mean of a row, as the sum of two numbers, and 1 / sqrt(variance + eps).
template <class T>
struct RowMoments {
  T center, offset, rstd;
};

/// The moments where the plain way loses digits or range: sums and squares are taken of scaled
/// numbers, and the rounding of the mean goes into `offset`.
template <class Arch, class T>
[[gnu::noinline]] static RowMoments<T> careful_moments(const T* x, T eps, T center,
                                                       std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  if (!(center - center == 0)) {
    const T half = T(0.5) / power_of_two(T(n));
    center =
        reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return at(x) * V(half); }) / (T(n) * half);
  }
  const V c(center);
  const T offset = reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return at(x) - c; }) / T(n);
  const V o(offset);
  const T largest = reduce_places<Arch, T, Max, 2>(n, [=](auto at) { return abs(at(x) - c - o); });
  const T root = sqrt(V(eps)).first();
  const T scale = power_of_two(largest > root ? largest : root);
  const V inverse(1 / scale);
  const T squares =
      reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return square((at(x) - c - o) * inverse); });
  const T variance = squares / T(n) + eps / scale / scale;
  return {center, offset, 1 / (scale * sqrt(V(variance)).first())};
}

template <class Arch, class T>
[[gnu::always_inline]] inline RowMoments<T> moments(const T* x, T eps, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  const T center = reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return at(x); }) / T(n);
  const V c(center);
  const T squares = reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return square(at(x) - c); });
  const T variance = squares / T(n) + eps;
  // A mean that is large beside the deviations is rounded by too much of them.
  const bool plain = variance >= smallest_mean_square<T> &&
                     variance <= std::numeric_limits<T>::max() && center * center <= 256 * variance;
  if (!plain) [[unlikely]]
    return careful_moments<Arch>(x, eps, center, n);
  return {center, 0, 1 / sqrt(V(variance)).first()};
}

}  // namespace detail

/// out = (x - mean) rstd weight + bias, with the mean center[r] + offset[r] and rstd[r] = 1 /
/// sqrt(variance + eps) of each row. `weight` and `bias` are `[n]` or null. `out` may be `x`.
template <class Arch, class T>
static void layer_norm(const T* x, const T* weight, const T* bias, T eps, T* out, T* center,
                       T* offset, T* rstd, std::int64_t rows, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, x += n, out += n) {
    const detail::RowMoments<T> row = detail::moments<Arch>(x, eps, n);
    center[r] = row.center;
    offset[r] = row.offset;
    rstd[r] = row.rstd;
    const V c(row.center), o(row.offset), scale(row.rstd);
    detail::for_each_place<Arch, T>(n, [=](auto at) {
      const V z = (at(x) - c - o) * scale;
      at.store(out, z * detail::at_or(weight, at, V(1)) + detail::at_or(bias, at, V(0)));
    });
  }
}

/// The gradient to x: with z = (x - mean) rstd and h = g weight,
/// out = rstd (h - mean(h) - z mean(h z)). `out` may be `g`.
template <class Arch, class T>
static void layer_norm_rule(const T* g, const T* x, const T* center, const T* offset, const T* rstd,
                            const T* weight, T* out, std::int64_t rows, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, g += n, x += n, out += n) {
    const V c(center[r]), o(offset[r]), scale(rstd[r]);
    const auto h_of = [=](auto at) { return at(g) * detail::at_or(weight, at, V(1)); };
    const auto z_of = [=](auto at) { return (at(x) - c - o) * scale; };
    const V mean_h(detail::reduce_places<Arch, T, Sum, 2>(n, h_of) / T(n));
    const V mean_hz(
        detail::reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return h_of(at) * z_of(at); }) /
        T(n));
    detail::for_each_place<Arch, T>(
        n, [=](auto at) { at.store(out, scale * (h_of(at) - mean_h - z_of(at) * mean_hz)); });
  }
}

/// Adds to dweight[j] the sum of g[r][j] (x[r][j] - mean) rstd[r] over the rows. Add few rows at
/// a time (64 or so): they are summed one after the other.
template <class Arch, class T>
static void layer_norm_sums(const T* g, const T* x, const T* center, const T* offset, const T* rstd,
                            T* dweight, std::int64_t rows, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  // A few rows in each pass over dweight: all of them would be one column, far apart in memory.
  constexpr std::int64_t kPass = 4;
  for (std::int64_t first = 0; first < rows; first += kPass) {
    const std::int64_t end = first + kPass < rows ? first + kPass : rows;
    detail::for_each_place<Arch, T>(n, [=](auto at) {
      V sum = at(dweight);
      for (std::int64_t r = first; r < end; ++r)
        sum += at(g + r * n) * ((at(x + r * n) - center[r] - offset[r]) * rstd[r]);
      at.store(dweight, sum);
    });
  }
}

}  // namespace tapegrad::kernels
