#pragma once

#include <cstdint>

#include "autograd/kernels/reduce.h"

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

/// out = (x - mean) rstd weight + bias, with mean[r] and rstd[r] = 1 / sqrt(variance + eps) of each
/// row. `weight` and `bias` are `[n]` or null. `out` may be `x`.
template <class Arch, class T>
static void layer_norm(const T* x, const T* weight, const T* bias, T eps, T* out, T* mean, T* rstd,
                       std::int64_t rows, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, x += n, out += n) {
    const T sum_x = detail::reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return at(x); });
    mean[r] = sum_x / T(n);
    const V center(mean[r]);
    const T squares =
        detail::reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return square(at(x) - center); });
    rstd[r] = 1 / sqrt(V(squares / T(n) + eps)).first();
    const V scale(rstd[r]);
    detail::for_each_place<Arch, T>(n, [=](auto at) {
      const V z = (at(x) - center) * scale;
      at.store(out, z * detail::at_or(weight, at, V(1)) + detail::at_or(bias, at, V(0)));
    });
  }
}

/// The gradient to x: with z = (x - mean) rstd and h = g weight,
/// out = rstd (h - mean(h) - z mean(h z)). `out` may be `g`.
template <class Arch, class T>
static void layer_norm_rule(const T* g, const T* x, const T* mean, const T* rstd, const T* weight,
                            T* out, std::int64_t rows, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, g += n, x += n, out += n) {
    const V center(mean[r]);
    const V scale(rstd[r]);
    const auto h_of = [=](auto at) { return at(g) * detail::at_or(weight, at, V(1)); };
    const auto z_of = [=](auto at) { return (at(x) - center) * scale; };
    const V mean_h(detail::reduce_places<Arch, T, Sum, 2>(n, h_of) / T(n));
    const V mean_hz(
        detail::reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return h_of(at) * z_of(at); }) /
        T(n));
    detail::for_each_place<Arch, T>(
        n, [=](auto at) { at.store(out, scale * (h_of(at) - mean_h - z_of(at) * mean_hz)); });
  }
}

/// Adds to dweight[j] the sum of g[r][j] (x[r][j] - mean[r]) rstd[r] over the rows. Add few rows at
/// a time (64 or so): they are summed one after the other.
template <class Arch, class T>
static void layer_norm_sums(const T* g, const T* x, const T* mean, const T* rstd, T* dweight,
                            std::int64_t rows, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  // A few rows in each pass over dweight: all of them would be one column, far apart in memory.
  constexpr std::int64_t kPass = 4;
  for (std::int64_t first = 0; first < rows; first += kPass) {
    const std::int64_t end = first + kPass < rows ? first + kPass : rows;
    detail::for_each_place<Arch, T>(n, [=](auto at) {
      V sum = at(dweight);
      for (std::int64_t r = first; r < end; ++r)
        sum += at(g + r * n) * ((at(x + r * n) - mean[r]) * rstd[r]);
      at.store(dweight, sum);
    });
  }
}

}  // namespace tapegrad::kernels
