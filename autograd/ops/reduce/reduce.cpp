#include "autograd/ops/reduce/reduce.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/reduce/reduce_table.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/row_tiles.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/ops.h"

namespace tapegrad::detail {

ReducedShape::ReducedShape(const Shape& shape, const Dims& wanted, bool keepdim, const char* name)
    : kept(shape), count(1) {
  bool reduced[kMaxRank] = {};
  for (std::int64_t dim : wanted) {
    const int d = normal_dim(dim, shape.rank(), name);
    if (shape.rank() == 0) continue;
    if (reduced[d]) fail_named_twice(dim, wanted, name);
    reduced[d] = true;
  }
  for (int d = 0; d < shape.rank(); ++d) {
    if (wanted.empty() || reduced[d]) {
      dims.push_back(d);
      count *= shape[d];
      kept[d] = 1;
      if (keepdim) result.push_back(1);
    } else {
      result.push_back(shape[d]);
    }
  }
}

namespace {

/// Elements of one partial result; part of the summation order.
constexpr std::int64_t kPartialSize = kernels::tile_size(16384);

const char* name_of(Reducer reducer) {
  constexpr const char* names[] = {"sum", "prod", "amax", "amin"};
  return names[static_cast<int>(reducer)];
}

template <class T>
struct Identity {
  static T of(Reducer reducer) {
    using Limits = std::numeric_limits<T>;
    switch (reducer) {
      case Reducer::sum:
        return 0;
      case Reducer::prod:
        return 1;
      case Reducer::max:
        return Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
      default:
        return Limits::has_infinity ? Limits::infinity() : Limits::max();
    }
  }
};

/// [outer, n, inner] reduced over n, for integers.
constexpr auto reduce_integers = [](Reducer reducer, const std::int64_t* x, std::int64_t* out,
                                    std::int64_t outer, std::int64_t n, std::int64_t inner) {
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < inner; ++i) {
      std::int64_t value = Identity<std::int64_t>::of(reducer);
      for (std::int64_t j = 0; j < n; ++j) {
        const std::int64_t next = x[(o * n + j) * inner + i];
        switch (reducer) {
          case Reducer::sum:
            value += next;
            break;
          case Reducer::prod:
            value *= next;
            break;
          case Reducer::max:
            value = std::max(value, next);
            break;
          case Reducer::min:
            value = std::min(value, next);
            break;
        }
      }
      out[o * inner + i] = value;
    }
  }
};

/// Rows of one partial result, of a block of `inner` columns.
std::int64_t block_tile(std::int64_t inner) {
  constexpr std::int64_t kLeastRows = kernels::tile_size(64, 4);
  return inner <= 1 ? kPartialSize : std::max(kLeastRows, kPartialSize / inner);
}

/// How many partial results `reduce_row` or `reduce_block` make on the way.
std::int64_t partial_count(std::int64_t n, std::int64_t inner) {
  if (n * inner <= kPartialSize) return 0;  // a tile has no less
  const std::int64_t tile = block_tile(inner);
  std::int64_t all = 0;
  while (n > tile) {
    n = (n + tile - 1) / tile;
    all += n * inner;
  }
  return all;
}

/// One long row: fixed tiles, then their partial results, so that any number of threads gives these
/// bits.
template <class T>
T reduce_row(Reducer reducer, const T* x, T* partial, std::int64_t n) {
  const auto loop = kernels::chosen<kernels::ReduceKernels<T>>().rows[static_cast<int>(reducer)];
  T result;
  if (n <= kPartialSize) {
    loop(x, &result, 1, n);
    return result;
  }
  const std::int64_t tiles = (n + kPartialSize - 1) / kPartialSize;
  kernels::parallel_for(
      tiles,
      [&](std::int64_t t) {
        loop(x + t * kPartialSize, partial + t, 1, std::min(kPartialSize, n - t * kPartialSize));
      },
      n);
  return reduce_row(reducer, partial, partial + tiles, tiles);
}

/// [n, inner] reduced over n.
template <class T>
void reduce_block(Reducer reducer, const T* x, T* out, T* partial, std::int64_t n,
                  std::int64_t inner) {
  const auto loop = kernels::chosen<kernels::ReduceKernels<T>>().columns[static_cast<int>(reducer)];
  const std::int64_t tile = block_tile(inner);
  if (n <= tile) return loop(x, out, n, inner);
  const std::int64_t tiles = (n + tile - 1) / tile;
  kernels::parallel_for(
      tiles,
      [&](std::int64_t t) {
        loop(x + t * tile * inner, partial + t * inner, std::min(tile, n - t * tile), inner);
      },
      n * inner);
  reduce_block(reducer, partial, out, partial + tiles * inner, tiles, inner);
}

template <class T>
constexpr auto reduce_floats = [](Reducer reducer, const T* x, T* out, T* partial,
                                  std::int64_t outer, std::int64_t n, std::int64_t inner) {
  if (outer * inner == 0) return;
  if (n == 0) {
    std::fill_n(out, outer * inner, Identity<T>::of(reducer));
    return;
  }
  if (inner == 1 && n <= kPartialSize) {
    const std::int64_t group = std::max<std::int64_t>(1, kPartialSize / n);
    const auto loop = kernels::chosen<kernels::ReduceKernels<T>>().rows[static_cast<int>(reducer)];
    if (outer <= group) return loop(x, out, outer, n);
    kernels::parallel_for((outer + group - 1) / group,
                          [&](std::int64_t t) {
                            const std::int64_t first = t * group;
                            loop(x + first * n, out + first, std::min(group, outer - first), n);
                          },
                          outer * n);
    return;
  }
  for (std::int64_t o = 0; o < outer; ++o) {
    if (inner == 1)
      out[o] = reduce_row(reducer, x + o * n, partial, n);
    else
      reduce_block(reducer, x + o * n * inner, out + o * inner, partial, n, inner);
  }
};

/// A run of adjacent dimensions that are all reduced, or all kept.
struct Run {
  std::int64_t size;
  bool reduced;
};

/// A shape as such runs, without dimensions of size 1.
struct Runs {
  Run run[kMaxRank];
  int count = 0;

  Runs(const Shape& shape, const Dims& dims) {
    for (int d = 0; d < shape.rank(); ++d) {
      const std::int64_t size = shape[d];
      const bool reduced = std::find(dims.begin(), dims.end(), d) != dims.end();
      if (size == 1) continue;
      if (count > 0 && run[count - 1].reduced == reduced)
        run[count - 1].size *= size;
      else
        run[count++] = {size, reduced};
    }
  }
};

template <class T>
bool is_chosen(T x, T best) {
  return (x == best) | ((x != x) & (best != best));
}

/// One block [n, inner] of `share_among_equal`; `shares` has room for `inner` numbers.
template <class T>
void share_block(const T* g, const T* x, const T* y, T* shares, T* out, std::int64_t n,
                 std::int64_t inner) {
  if (inner == 1) {
    // Counted in pieces, so that a count is as wide as an element and vectors take both.
    using Count = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    constexpr std::int64_t kPiece = 1 << 20;
    const T best = *y;
    std::int64_t ties = 0;
    for (std::int64_t start = 0; start < n; start += kPiece) {
      Count count = 0;
      const std::int64_t end = std::min(n, start + kPiece);
      for (std::int64_t j = start; j < end; ++j) count += is_chosen(x[j], best);
      ties += count;
    }
    const T share = *g / static_cast<T>(ties);
    for (std::int64_t j = 0; j < n; ++j) out[j] = is_chosen(x[j], best) ? share : T(0);
    return;
  }
  std::fill_n(shares, inner, T(0));
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < inner; ++i)
      shares[i] += is_chosen(x[j * inner + i], y[i]) ? T(1) : T(0);
  for (std::int64_t i = 0; i < inner; ++i) shares[i] = g[i] / shares[i];
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < inner; ++i)
      out[j * inner + i] = is_chosen(x[j * inner + i], y[i]) ? shares[i] : T(0);
}

}  // namespace

Tensor share_among_equal(const Tensor& g, const Tensor& x, const Tensor& y,
                         const ReducedShape& shape) {
  const Runs runs(x.shape(), shape.dims);
  const auto reduced_runs =
      std::count_if(runs.run, runs.run + runs.count, [](const Run& run) { return run.reduced; });
  if (reduced_runs != 1) return {};
  std::int64_t outer = 1, n = 1, inner = 1;
  for (int r = 0; r < runs.count; ++r)
    (runs.run[r].reduced ? n : n == 1 ? outer : inner) *= runs.run[r].size;
  if (inner > 1 && n > 1 << 24) return {};  // more than float32 can count
  const Tensor result = new_tensor_like(x, x.dtype());
  visit_floating(x.dtype(), [&]<class T>(T) {
    launch(
        "share_among_equal",
        [](const T* gradient, const T* from, const T* best, T* shares, T* to, std::int64_t blocks,
           std::int64_t rows, std::int64_t columns) {
          for_row_tiles(blocks, rows * columns, [&](std::int64_t first, std::int64_t count) {
            for (std::int64_t o = first; o < first + count; ++o)
              share_block(gradient + o * columns, from + o * rows * columns, best + o * columns,
                          shares + o * columns, to + o * rows * columns, rows, columns);
          });
        },
        in<T>(g), in<T>(x), in<T>(y), inout<T>(new_tensor({outer, inner}, x.dtype())),
        out<T>(result), outer, n, inner);
  });
  return result;
}

Tensor reduce(Reducer reducer, const Tensor& x, const ReducedShape& shape) {
  const bool bool_in = x.dtype() == boolean;
  const Tensor source = bool_in ? converted(x, int64) : x;
  checked_numel(shape.result, x.dtype());  // a size 0 that is reduced may hide sizes without end
  auto [runs, count] = Runs(x.shape(), shape.dims);
  // One run at a time, the last first; nearly always there is one.
  Tensor current = source;
  bool any = false;
  for (int r = count; r-- > 0;) {
    if (!runs[r].reduced) continue;
    std::int64_t outer = 1, inner = 1;
    for (int i = 0; i < r; ++i) outer *= runs[i].size;
    for (int i = r + 1; i < count; ++i) inner *= runs[i].size;
    const std::int64_t n = std::exchange(runs[r].size, 1);
    Tensor next = new_tensor(Shape(outer * inner), source.dtype());
    if (source.dtype() == int64) {
      launch(name_of(reducer), reduce_integers, reducer, in<std::int64_t>(current),
             out<std::int64_t>(next), outer, n, inner);
    } else {
      const std::int64_t partials = outer * inner > 0 ? partial_count(n, inner) : 0;
      const Tensor partial = partials > 0 ? new_tensor(partials, source.dtype()) : Tensor();
      visit_floating(source.dtype(), [&]<class T>(T) {
        launch(name_of(reducer), reduce_floats<T>, reducer, in<T>(current), out<T>(next),
               out<T>(partial), outer, n, inner);
      });
    }
    current = next;
    any = true;
  }
  // The result is new: it takes its shape by hand, or is a copy where nothing was to be reduced.
  Tensor result;
  if (any) {
    set_shape(impl_of(current), shape.result);
    result = current;
  } else {
    result = copy_of(source);
    set_shape(impl_of(result), shape.result);
  }
  const bool keeps_bool = bool_in && (reducer == Reducer::max || reducer == Reducer::min);
  return keeps_bool ? converted(result, boolean) : result;
}

Tensor sum_rows(const Tensor& x) {
  const std::int64_t n = x.shape().back();
  const Tensor sums = new_tensor(n, x.dtype());
  if (n == 0) return sums;
  const std::int64_t rows = x.numel() / n;
  const std::int64_t partials = partial_count(rows, n);
  const Tensor partial = partials > 0 ? new_tensor(partials, x.dtype()) : Tensor();
  visit_floating(x.dtype(), [&]<class T>(T) {
    launch(
        "sum_rows",
        [](const T* from, T* to, T* parts, std::int64_t all, std::int64_t columns) {
          if (all == 1)
            std::copy_n(from, columns, to);
          else
            reduce_floats<T>(Reducer::sum, from, to, parts, 1, all, columns);
        },
        in<T>(x), out<T>(sums), out<T>(partial), rows, n);
  });
  return sums;
}

namespace {

/// The sum over `shape`, divided by `divisor`.
Tensor plain_mean(const Tensor& x, const ReducedShape& shape, double divisor) {
  Tensor mean = reduce(Reducer::sum, x, shape);
  visit_floating(mean.dtype(), [&]<class T>(T) {
    launch(
        "divide",
        [](T* value, std::int64_t n, double by) {
          for (std::int64_t i = 0; i < n; ++i) value[i] /= static_cast<T>(by);
        },
        inout<T>(mean), mean.numel(), divisor);
  });
  return mean;
}

}  // namespace

double largest_of(DType dtype) {
  return dtype == float32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
}

bool all_within(const Tensor& of, double smallest, double largest) {
  const Tensor x = all_entries(of);
  return visit_floating(x.dtype(), [&]<class T>(T) {
    return launch(
        "all_within",
        [](const T* value, std::int64_t n, double low, double high) {
          bool within = true;
          for (std::int64_t i = 0; i < n; ++i) {
            const T size = std::abs(value[i]);
            within &= size >= static_cast<T>(low) && size <= static_cast<T>(high);
          }
          return within;
        },
        in<T>(x), x.numel(), smallest, largest);
  });
}

Tensor reduce_mean(const Tensor& x, const ReducedShape& shape, double divisor) {
  const Tensor mean = plain_mean(x, shape, divisor);
  if (all_within(mean, 0, largest_of(x.dtype()))) return mean;
  // The sum left the range, if the elements had not: again with a power of two, which is exact.
  const double scale = std::exp2(-std::ceil(std::log2(static_cast<double>(shape.count) + 1)));
  const Tensor scaled = plain_mean(x * scale, shape, divisor * scale);
  return where(isfinite(mean), mean, scaled);
}

Tensor reduced_last(const Tensor& x, const ReducedShape& shape) {
  Dims order;
  Shape rows;
  for (int d = 0; d < x.dim(); ++d) {
    if (std::find(shape.dims.begin(), shape.dims.end(), d) != shape.dims.end()) continue;
    order.push_back(d);
    rows.push_back(x.shape()[d]);
  }
  bool moved = false;
  for (std::int64_t d : shape.dims) {
    moved |= d != order.rank();
    order.push_back(d);
  }
  rows.push_back(shape.count);
  return reshape(moved ? permute(x, order) : x, rows);
}

}  // namespace tapegrad::detail
