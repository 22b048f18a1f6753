#include <algorithm>
#include <memory>

#include "autograd/base/fail.h"
#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/order/entries.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/order/ranks.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::AroundDim;
using detail::Impl;
using detail::normal_dim;
using kernels::LongEntry;
using kernels::ShortEntry;
using kernels::Wanted;

namespace {

/// How often sorting reads and writes an element, more or less.
constexpr std::int64_t kAccessesOfSort = 16;
/// So few are kept in their order while the others pass by.
constexpr std::int64_t kFewWanted = 16;

/// The places in the order of a row, see `Wanted`. Where few are wanted, only so many entries are
/// kept as may be among them. Keys count from `base`.
template <class Entry, class T>
void rank_row(const T* x, std::int64_t n, Wanted wanted, bool descending, std::uint64_t base,
              std::int64_t* places) {
  using Key = typename Entry::Key;
  const std::int64_t some = wanted.first < 0 ? n : wanted.first + wanted.count;
  const auto from = static_cast<Key>(base), flip = static_cast<Key>(descending ? ~Key{} : Key{});
  const auto entry_of = [=](std::int64_t j) {
    return Entry::of(static_cast<Key>((kernels::key_of(x[j]) - from) ^ flip), j);
  };
  Entry limit = Entry::last();
  std::int64_t kept = 0;
  if (wanted.first >= 0 && some <= kFewWanted) {
    Entry best[kFewWanted];
    for (std::int64_t j = 0; j < n; ++j) {
      const Entry entry = entry_of(j);
      if (!(entry < limit)) continue;
      std::int64_t at = kept < some ? kept++ : some - 1;
      for (; at > 0 && entry < best[at - 1]; --at) best[at] = best[at - 1];
      best[at] = entry;
      if (kept == some) limit = best[some - 1];
    }
    for (std::int64_t i = 0; i < wanted.count; ++i) places[i] = best[wanted.first + i].place();
    return;
  }
  const std::int64_t step = some < n / 4 ? std::max<std::int64_t>(4 * some, 256) : n;
  const std::int64_t room = std::min(n, 2 * some + step);
  const auto entries = std::make_unique_for_overwrite<Entry[]>(static_cast<std::size_t>(2 * room));
  for (std::int64_t start = 0; start < n; start += step) {
    const std::int64_t end = std::min(n, start + step);
    for (std::int64_t j = start; j < end; ++j) {
      const Entry entry = entry_of(j);
      entries[kept] = entry;
      kept += entry < limit;
    }
    if (end < n && kept > 2 * some) {
      limit = kernels::keep_first(entries.get(), kept, some, &entries[room]);
      kept = some;
    }
  }
  kernels::write_places(entries.get(), kept, wanted, &entries[room], places);
}

/// Integers with a range of 32 bits have keys of as many. Rows of more than 2^32 have elements of
/// 64 bits.
template <class T>
void rank_row(const T* x, std::int64_t n, Wanted wanted, bool descending, std::int64_t* places) {
  std::uint64_t base = 0, range = sizeof(T) == 8 ? ~std::uint64_t{} : 0;
  if constexpr (std::is_same_v<T, std::int64_t>) {
    const auto [least, most] = std::minmax_element(x, x + n);
    base = kernels::key_of(*least);
    range = kernels::key_of(*most) - base;
  }
  if constexpr (!std::is_same_v<T, double>) {
    if ((range | static_cast<std::uint64_t>(n)) >> 32 == 0)
      return rank_row<ShortEntry>(x, n, wanted, descending, base, places);
  }
  if constexpr (sizeof(T) == 8) rank_row<LongEntry>(x, n, wanted, descending, base, places);
}

/// The places in the order of each row.
template <class T>
constexpr auto rank_kernel = [](const T* x, std::int64_t* places, std::int64_t rows, std::int64_t n,
                                Wanted wanted, bool descending) {
  const std::int64_t together = std::max<std::int64_t>(1, kernels::tile_size(1 << 14) / n);
  kernels::parallel_for((rows + together - 1) / together,
                        [=](std::int64_t tile) {
                          const std::int64_t end = std::min(rows, (tile + 1) * together);
                          for (std::int64_t row = tile * together; row < end; ++row)
                            rank_row(x + row * n, n, wanted, descending,
                                     places + row * wanted.count);
                        },
                        kAccessesOfSort * rows * n);
};

/// Which entries of `dim` stand at some places of the order. Sorting is all of them.
struct Argsort {
  static constexpr const char* name = "argsort";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = Impl::kCutByChoice;
  static constexpr Leading leading = Leading::shift;
  static constexpr NoOnnx onnx{
      "TopK of ONNX gives values first, and no way to take the indices alone"};
  int dim;
  bool descending;
  std::int64_t first, count;  // places
  static constexpr void visit(auto& op, auto f) {
    f("dim", op.dim);
    f("descending", op.descending);
    f("first", op.first);
    f("count", op.count);
  }
  Tensor forward(const Tensor& x) const {
    const AroundDim around(x.shape(), dim);
    if (around.inner > 1)  // columns as rows
      return transpose(
          Argsort{x.dim() - 1, descending, first, count}.forward(transpose(x, dim, -1)), dim, -1);
    if (around.size >> 32 != 0 && x.dtype() != float64 && x.dtype() != int64)
      return forward(x.to(float64));
    const Tensor result = detail::new_tensor(x.shape().with_size(dim, count), int64);
    if (result.numel() == 0) return result;
    visit_dtype(x.dtype(), [&]<class T>(T) {
      detail::launch(name, rank_kernel<T>, detail::in<T>(x), detail::out<std::int64_t>(result),
                     around.outer, around.size, Wanted{first, count}, descending);
    });
    return result;
  }
};

/// The last of the largest (smallest) entries up to each place; a NaN is both.
template <bool largest, class T>
constexpr auto running_best = [](const T* x, std::int64_t* to, AroundDim around) {
  const auto [outer, n, inner] = around;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < inner; ++i) {
      const std::int64_t start = o * n * inner + i;
      std::int64_t best = 0;
      for (std::int64_t j = 0; j < n; ++j) {
        const T next = x[start + j * inner], old = x[start + best * inner];
        if (next != next || (largest ? next >= old : next <= old)) best = j;
        to[start + j * inner] = best;
      }
    }
  }
};

/// Where the values of `cummax` and `cummin` stand.
template <bool largest>
struct CumArg {
  static constexpr const char* name = largest ? "cummax" : "cummin";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = Impl::kCutByChoice;
  static constexpr Leading leading = Leading::shift;
  static constexpr NoOnnx onnx{"ONNX has running sums, but no running extremes"};
  int dim;
  static constexpr void visit(auto& op, auto f) { f("dim", op.dim); }
  Tensor forward(const Tensor& x) const {
    const Tensor result = detail::new_tensor_like(x, int64);
    visit_dtype(x.dtype(), [&]<class T>(T) {
      detail::launch(name, running_best<largest, T>, detail::in<T>(x),
                     detail::out<std::int64_t>(result), AroundDim(x.shape(), dim));
    });
    return result;
  }
};

/// `x` at `indices` of at least one dimension, both of the rank of `x`.
ValuesAndIndices entries_at(const Tensor& x, int dim, const Tensor& indices) {
  const Tensor own = x.dim() == 0 ? reshape(indices, {}) : indices;
  return {gather(x, dim, own), own};
}

template <bool largest>
ValuesAndIndices cummax_or_cummin(const Tensor& x, int dim) {
  using Op = CumArg<largest>;
  detail::require_defined(x, Op::name);
  const int d = normal_dim(dim, x.dim(), Op::name);
  return entries_at(x, d, apply(Op{d}, atleast_1d(x)));
}

/// `dim` counted from 0 for an operator that takes `k` of its entries, at least `least`.
int dim_with(const Tensor& x, std::int64_t k, std::int64_t least, int dim, const char* name) {
  detail::require_defined(x, name);
  const int d = normal_dim(dim, x.dim(), name);
  const std::int64_t n = x.dim() == 0 ? 1 : x.shape()[d];
  if (n < least)
    fail<IndexError>("{}: dimension {} of shape {} has no elements to choose from", name, d,
                     x.shape());
  if (k < least || k > n)
    fail<IndexError>(
        "{}: k is {}, but dimension {} of shape {} has {} elements; k must be {} to {}", name, k, d,
        x.shape(), n, least, n);
  return d;
}

}  // namespace

Tensor detail::ranked(const Tensor& x, int dim, bool descending, std::int64_t first,
                      std::int64_t count) {
  return apply(Argsort{dim, descending, first, count}, x);
}

ValuesAndIndices detail::chosen(const Tensor& x, int dim, const Tensor& indices, bool keepdim) {
  const auto [values, own] = entries_at(x, dim, indices);
  if (keepdim || x.dim() == 0) return {values, own};
  return {squeeze(values, dim), squeeze(own, dim)};
}

ValuesAndIndices cummax(const Tensor& x, int dim) { return cummax_or_cummin<true>(x, dim); }
ValuesAndIndices cummin(const Tensor& x, int dim) { return cummax_or_cummin<false>(x, dim); }

Tensor argsort(const Tensor& x, int dim, Flag descending) {
  detail::require_defined(x, "argsort");
  const int d = normal_dim(dim, x.dim(), "argsort");
  const Tensor whole = atleast_1d(x);
  const Tensor indices = detail::ranked(whole, d, descending, 0, whole.shape()[d]);
  return x.dim() == 0 ? reshape(indices, {}) : indices;
}

ValuesAndIndices sort(const Tensor& x, int dim, Flag descending) {
  detail::require_defined(x, "sort");
  const int d = normal_dim(dim, x.dim(), "sort");
  return entries_at(x, d, argsort(x, d, descending));
}

ValuesAndIndices topk(const Tensor& x, Integer k, int dim, Flag largest, Flag) {
  const int d = dim_with(x, k, 0, dim, "topk");
  // Of a number there is one, as in PyTorch, also where none is asked for.
  const std::int64_t count = x.dim() == 0 ? 1 : std::int64_t{k};
  return entries_at(x, d, detail::ranked(atleast_1d(x), d, largest, 0, count));
}

ValuesAndIndices kthvalue(const Tensor& x, Integer k, int dim, Flag keepdim) {
  const int d = dim_with(x, k, 1, dim, "kthvalue");
  return detail::chosen(x, d, detail::ranked(atleast_1d(x), d, false, k - 1, 1), keepdim);
}

}  // namespace tapegrad
