#pragma once

#include <cstdint>

#include "autograd/kernels/reduce/reduce.h"
#include "autograd/kernels/rows/row_masks.h"

// Functions of whole rows. Every array is dense; `x`, `y`, `g` and `out` are `[rows, n]`, n >= 1.
// `out` may be one of the inputs of the same shape.

namespace tapegrad::kernels {

namespace detail {

// Which elements of a row take part, for what is written once for all and for some of them.

/// All.
struct EveryEntry {
  static constexpr bool all = true;
  /// `value` where the element takes part, else `other`.
  template <class V>
  [[gnu::always_inline]] V keep(auto, V value, V) const noexcept {
    return value;
  }
};

/// Those where the mask holds.
struct MaskedEntries {
  static constexpr bool all = false;
  const bool* mask;

  template <class V>
  [[gnu::always_inline]] V keep(auto at, V value, V other) const noexcept {
    return where(at(mask), value, other);
  }
};

/// The largest, by one instruction. What it is beside a NaN is open.
struct MaxOfNumbers {
  static constexpr double identity = Max::identity;
  template <class V>
  [[gnu::always_inline]] static V combine(V a, V b) noexcept {
    return xsimd::max(a.batch(), b.batch());
  }
};

// Called, not inlined: several functions share each of these.

/// The largest of those that take part; -inf where none does. `Reducer` is `Max`, or `MaxOfNumbers`
/// where a NaN reaches the result all the same, since exp(NaN - largest) makes the sum NaN.
template <class Arch, class Reducer, class T, class Entries = EveryEntry>
[[gnu::noinline]] static T largest_of(const T* row, std::int64_t n, Entries entries = {}) noexcept {
  const Vec<T, Arch> nothing(Reducer::identity);
  return reduce_places<Arch, T, Reducer, 2>(
      n, [=](auto at) { return entries.keep(at, at(row), nothing); });
}

/// Sum of exp(row[i] - shift).
template <class Arch, class T>
[[gnu::noinline]] static T sum_of_exp(const T* row, T shift, std::int64_t n) noexcept {
  return reduce_places<Arch, T, Sum, 1>(
      n, [row, center = Vec<T, Arch>(shift)](auto at) { return exp(at(row) - center); });
}

/// What an infinite largest element shifts by: itself, so that the row becomes NaN, or nothing, so
/// that the sum of exponentials is 0 or inf, as its logarithm needs it.
enum class InfiniteShift { itself, nothing };

/// Calls use(row, shift, sum, rest) for each row, where rest = log(sum) and log(sum(exp(x))) =
/// shift + rest.
template <InfiniteShift infinite_shift, class Arch, class T, class F>
[[gnu::always_inline]] inline void for_each_log_sum(const T* x, std::int64_t rows, std::int64_t n,
                                                    F use) noexcept {
  // Logarithms are taken for many rows at once.
  constexpr std::int64_t group = 64;
  T shift[group], sum[group], rest[group];
  for (std::int64_t begin = 0; begin < rows; begin += group) {
    const std::int64_t count = rows - begin < group ? rows - begin : group;
    for (std::int64_t i = 0; i < count; ++i) {
      const T* row = x + (begin + i) * n;
      shift[i] = largest_of<Arch, MaxOfNumbers>(row, n);
      const bool finite = shift[i] - shift[i] == 0;
      if (infinite_shift == InfiniteShift::nothing && !finite) shift[i] = 0;
      sum[i] = sum_of_exp<Arch>(row, shift[i], n);
    }
    T* logs = rest;
    const T* sums = sum;
    for_each_place<Arch, T>(count, [logs, sums](auto at) { at.store(logs, log(at(sums))); });
    for (std::int64_t i = 0; i < count; ++i) use(begin + i, shift[i], sum[i], rest[i]);
  }
}

/// softmax of one row over the entries that take part, `largest` the largest of these; 0 elsewhere.
template <class Arch, class T, class Entries>
[[gnu::always_inline]] inline void softmax_row(const T* x, T* out, std::int64_t n, T largest,
                                               Entries entries) noexcept {
  using V = Vec<T, Arch>;
  const V shift(largest);
  const T total = reduce_places<Arch, T, Sum, 1>(n, [=](auto at) {
    const V e = entries.keep(at, exp(at(x) - shift), V(0));
    at.store(out, e);
    return e;
  });
  const V scale(1 / total);
  for_each_place<Arch, T>(n, [=](auto at) { at.store(out, at(out) * scale); });
  if constexpr (!Entries::all) {
    if (total == total) return;
    // NaN of the total must not reach entries that take no part.
    for_each_place<Arch, T>(n, [=](auto at) { at.store(out, entries.keep(at, at(out), V(0))); });
  }
}

/// sum(g y) of one row, over the entries that take part.
template <class Arch, class T, class Entries>
[[gnu::always_inline]] inline T mean_gradient(const T* g, const T* y, std::int64_t n,
                                              Entries entries) noexcept {
  return reduce_places<Arch, T, Sum, 2>(
      n, [=](auto at) { return entries.keep(at, at(g), Vec<T, Arch>(0)) * at(y); });
}

/// The gradient of softmax_row, `mean` from mean_gradient.
template <class Arch, class T, class Entries>
[[gnu::always_inline]] inline void softmax_row_rule(const T* g, const T* y, T* out, std::int64_t n,
                                                    T mean, Entries entries) noexcept {
  using V = Vec<T, Arch>;
  for_each_place<Arch, T>(n, [=, center = V(mean)](auto at) {
    at.store(out, entries.keep(at, at(y) * (at(g) - center), V(0)));
  });
}

template <class Arch, class T>
static void store_zeros(T* out, std::int64_t n) noexcept {
  for_each_place<Arch, T>(n, [=](auto at) { at.store(out, Vec<T, Arch>(0)); });
}

}  // namespace detail

/// out = exp(x - max) / sum(exp(x - max)). NaN when all are -inf or one is +inf.
template <class Arch, class T>
static void softmax(const T* x, T* out, std::int64_t rows, std::int64_t n) noexcept {
  for (std::int64_t r = 0; r < rows; ++r, x += n, out += n) {
    detail::softmax_row<Arch>(x, out, n, detail::largest_of<Arch, detail::MaxOfNumbers>(x, n),
                              detail::EveryEntry());
  }
}

/// out = y (g - sum(g y)), the gradient of softmax from its result.
template <class Arch, class T>
static void softmax_rule(const T* g, const T* y, T* out, std::int64_t rows,
                         std::int64_t n) noexcept {
  constexpr detail::EveryEntry all;
  for (std::int64_t r = 0; r < rows; ++r, g += n, y += n, out += n) {
    detail::softmax_row_rule<Arch>(g, y, out, n, detail::mean_gradient<Arch>(g, y, n, all), all);
  }
}

/// softmax over the entries where the mask holds, 0 elsewhere; a row of 0 where those are all -inf,
/// or none.
template <class Arch, class T>
static void masked_softmax(const T* x, RowMasks masks, T* out, std::int64_t rows,
                           std::int64_t n) noexcept {
  for (std::int64_t r = 0; r < rows; ++r, x += n, out += n) {
    const detail::MaskedEntries entries{masks.next(n)};
    const T largest = detail::largest_of<Arch, detail::MaxOfNumbers>(x, n, entries);
    if (largest == T(Max::identity) && detail::largest_of<Arch, Max>(x, n, entries) == largest)
      detail::store_zeros<Arch>(out, n);
    else
      detail::softmax_row<Arch>(x, out, n, largest, entries);
  }
}

/// The gradient of masked_softmax from its result. What `g` has where the mask does not hold, and
/// in a row of 0, does not matter.
template <class Arch, class T>
static void masked_softmax_rule(const T* g, const T* y, RowMasks masks, T* out, std::int64_t rows,
                                std::int64_t n) noexcept {
  for (std::int64_t r = 0; r < rows; ++r, g += n, y += n, out += n) {
    const detail::MaskedEntries entries{masks.next(n)};
    const T mean = detail::mean_gradient<Arch>(g, y, n, entries);
    // Only then can a row of 0 have another gradient than 0.
    if (mean != mean && detail::largest_of<Arch, Max>(y, n) == 0)
      detail::store_zeros<Arch>(out, n);
    else
      detail::softmax_row_rule<Arch>(g, y, out, n, mean, entries);
  }
}

/// out = x - max - log(sum(exp(x - max))). NaN when all are -inf or one is +inf.
template <class Arch, class T>
static void log_softmax(const T* x, T* out, std::int64_t rows, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  detail::for_each_log_sum<detail::InfiniteShift::itself, Arch>(
      x, rows, n, [=](std::int64_t r, V shift, T, V rest) {
        const T* row = x + r * n;
        T* to = out + r * n;
        detail::for_each_place<Arch, T>(n,
                                        [=](auto at) { at.store(to, (at(row) - shift) - rest); });
      });
}

/// out = g - exp(y) sum(g), the gradient of log_softmax from its result.
template <class Arch, class T>
static void log_softmax_rule(const T* g, const T* y, T* out, std::int64_t rows,
                             std::int64_t n) noexcept {
  for (std::int64_t r = 0; r < rows; ++r, g += n, y += n, out += n) {
    const Vec<T, Arch> total(
        detail::reduce_places<Arch, T, Sum, 2>(n, [=](auto at) { return at(g); }));
    detail::for_each_place<Arch, T>(n, [=](auto at) { at.store(out, at(g) - exp(at(y)) * total); });
  }
}

/// loss[r] = log(sum(exp(x[r]))) - x[r][target[r]]. A target outside of [0, n) stands for a row
/// that does not count: loss 0. For the rule shift[r] and sum[r] = sum(exp(x[r] - shift[r])) are
/// kept apart: their log-sum, rounded, would lose the digits that a large common offset has not.
template <class Arch, class T>
static void cross_entropy(const T* x, const std::int64_t* target, T* loss, T* shift, T* sum,
                          std::int64_t rows, std::int64_t n) noexcept {
  detail::for_each_log_sum<detail::InfiniteShift::nothing, Arch>(
      x, rows, n, [=](std::int64_t r, T shift_of_row, T sum_of_row, T rest) {
        shift[r] = shift_of_row;
        sum[r] = sum_of_row;
        const bool counts = target[r] >= 0 && target[r] < n;
        loss[r] = counts ? rest + (shift_of_row - x[r * n + target[r]]) : T(0);
      });
}

/// out[r][j] = scale[r] (exp(x[r][j] - shift[r]) / sum[r] - [j == target[r]]), the gradient of
/// cross_entropy; 0 in a row that does not count, or whose scale is 0: NaN logits do not reach
/// through a mask. `scale_step` is 1, or 0 for one scale for all rows.
template <class Arch, class T>
static void cross_entropy_rule(const T* x, const T* shift, const T* sum, const std::int64_t* target,
                               const T* scale, std::int64_t scale_step, T* out, std::int64_t rows,
                               std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, x += n, out += n, scale += scale_step) {
    if (target[r] < 0 || target[r] >= n || *scale == 0) {
      detail::store_zeros<Arch>(out, n);
      continue;
    }
    const V center(shift[r]);
    const V factor(*scale / (sum[r] + (sum[r] - sum[r])));  // NaN where a logit is inf
    detail::for_each_place<Arch, T>(n,
                                    [=](auto at) { at.store(out, factor * exp(at(x) - center)); });
    // What all others have, with minus: p - 1 would have lost its digits where p is near 1.
    T& at_target = out[target[r]];
    const T nothing = at_target * 0;  // or NaN
    at_target = 0;
    at_target =
        nothing - detail::reduce_places<Arch, T, Sum, 1>(n, [=](auto at) { return at(out); });
  }
}

/// out[r] = sum_j softmax(x[r])_j (t[r][j] - t[r][target[r]]), the derivative of cross_entropy
/// along t; 0 in a row that does not count.
template <class Arch, class T>
static void cross_entropy_tangent(const T* x, const T* shift, const T* sum,
                                  const std::int64_t* target, const T* t, T* out, std::int64_t rows,
                                  std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  for (std::int64_t r = 0; r < rows; ++r, x += n, t += n) {
    const bool counts = target[r] >= 0 && target[r] < n;
    const V center(shift[r]), own(counts ? t[target[r]] : T(0));
    const auto term = [=](auto at) { return exp(at(x) - center) * (at(t) - own); };
    const T total = sum[r] + (sum[r] - sum[r]);  // NaN where a logit is inf
    out[r] = counts ? detail::reduce_places<Arch, T, Sum, 1>(n, term) / total : T(0);
  }
}

}  // namespace tapegrad::kernels
