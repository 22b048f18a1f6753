#include <algorithm>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/order/ranks.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::AroundDim;
using detail::Impl;
using detail::normal_dim;

namespace {

template <class T>
struct Entry {
  T value;
  std::int64_t index;
};

/// The order. No two entries are equal in it, so that every way to sort is stable.
template <class T, bool descending>
bool precedes(const Entry<T>& a, const Entry<T>& b) {
  if (a.value < b.value) return !descending;
  if (b.value < a.value) return descending;
  const bool a_is_nan = a.value != a.value, b_is_nan = b.value != b.value;
  return a_is_nan == b_is_nan ? a.index < b.index : a_is_nan == descending;
}

/// The indices at places `first` to `first + count - 1` of the order of each column.
template <class T, bool descending>
constexpr auto rank_kernel =
    [](const T* x, std::int64_t* to, AroundDim around, std::int64_t first, std::int64_t count) {
      const auto [outer, n, inner] = around;
      std::vector<Entry<T>> column(static_cast<std::size_t>(n));
      const auto order = [](const Entry<T>& a, const Entry<T>& b) {
        return precedes<T, descending>(a, b);
      };
      for (std::int64_t o = 0; o < outer; ++o) {
        for (std::int64_t i = 0; i < inner; ++i) {
          for (std::int64_t j = 0; j < n; ++j)
            column[static_cast<std::size_t>(j)] = {x[(o * n + j) * inner + i], j};
          const auto begin = column.begin() + first, end = begin + count;
          if (first > 0) std::nth_element(column.begin(), begin, column.end(), order);
          if (end == column.end())
            std::sort(begin, end, order);
          else
            std::partial_sort(begin, end, column.end(), order);
          for (std::int64_t j = 0; j < count; ++j) to[(o * count + j) * inner + i] = begin[j].index;
        }
      }
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
    const Tensor result = detail::new_tensor(x.shape().with_size(dim, count), int64);
    if (result.numel() == 0) return result;
    visit_dtype(x.dtype(), [&]<class T>(T) {
      const auto run = [&](auto kernel) {
        detail::launch(name, kernel, detail::in<T>(x), detail::out<std::int64_t>(result),
                       AroundDim(x.shape(), dim), first, count);
      };
      if (descending)
        run(rank_kernel<T, true>);
      else
        run(rank_kernel<T, false>);
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
