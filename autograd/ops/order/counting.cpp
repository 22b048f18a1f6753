#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/kernels/order/entries.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/index/positions.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::Impl;
using detail::require_defined;

namespace {

Tensor flat(const Tensor& x) { return reshape(x.detach(), x.numel()); }

/// The places of `m` values in a sequence of `n`, for each of `rows` pairs of these: how many of its
/// elements are less or, from the right, equal. NaN is larger than all numbers. Some values go side
/// by side and without branches, so that none waits for the memory of another.
template <class T>
constexpr auto search_kernel = [](const T* sequence, const T* value, std::int64_t* to,
                                  std::int64_t rows, std::int64_t n, std::int64_t m, bool right) {
  constexpr std::int64_t kTogether = 16;
  for (std::int64_t r = 0; r < rows; ++r, sequence += n) {
    for (std::int64_t start = 0; start < m; start += kTogether) {
      const std::int64_t count = std::min(kTogether, m - start);
      T wanted[kTogether];
      bool equal[kTogether];
      std::int64_t place[kTogether] = {};
      for (std::int64_t j = 0; j < count; ++j) {
        const bool is_nan = value[j] != value[j];  // behind all numbers
        wanted[j] = is_nan ? std::numeric_limits<T>::infinity() : value[j];
        equal[j] = right || is_nan;
      }
      for (std::int64_t left = n; left > 0;) {
        const std::int64_t half = (left + 1) / 2;
        left -= half;
        for (std::int64_t j = 0; j < count; ++j) {
          const T each = sequence[place[j] + half - 1];
          const bool beyond = (each < wanted[j]) | (equal[j] & (each == wanted[j]));
          place[j] += half & -std::int64_t{beyond};
        }
      }
      for (std::int64_t j = 0; j < count; ++j) *to++ = right && value[j] != value[j] ? n : place[j];
      value += count;
    }
  }
};

/// The places of values in sorted sequences, which have the same rows or are one vector.
struct SearchSorted {
  static constexpr const char* name = "searchsorted";
  static constexpr int inputs = 2;
  static constexpr unsigned cut = Impl::kCutByRounding;
  static constexpr NoOnnx onnx{"ONNX has no search in sorted sequences"};
  bool right;
  static constexpr void visit(auto& op, auto f) { f("right", op.right); }
  Tensor forward(const Tensor& sequence, const Tensor& values) const {
    const Tensor result = detail::new_tensor_like(values, int64);
    if (values.numel() == 0) return result;
    const std::int64_t m = sequence.dim() == 1 ? values.numel() : values.shape().back();
    visit_dtype(values.dtype(), [&]<class T>(T) {
      detail::launch(name, search_kernel<T>, detail::in<T>(sequence), detail::in<T>(values),
                     detail::out<std::int64_t>(result), values.numel() / m, sequence.shape().back(),
                     m, right);
    });
    return result;
  }
  /// A vector becomes the rows of a matrix, and so do its values.
  Tensor batched(const Batch& in) const {
    const Tensor sequence = detail::with_leading(in, 0), values = detail::with_leading(in, 1);
    if (sequence.dim() != 2 || values.dim() == 2) return apply(*this, sequence, values);
    const std::int64_t each = in.size == 0 ? 0 : values.numel() / in.size;
    return reshape(apply(*this, sequence, reshape(values, {in.size, each})), values.shape());
  }
};

Tensor search(const Tensor& sequence, const Tensor& values, bool right, const char* name) {
  const Shape &of = sequence.shape(), &shape = values.shape();
  const bool rows =
      of.rank() > 1 && of.rank() == shape.rank() && of.with_size(-1, 0) == shape.with_size(-1, 0);
  if (of.rank() != 1 && !rows)
    fail<ShapeError>(
        "{}: a sorted sequence of shape {} does not fit values of shape {}: it must be a vector, "
        "or differ in the last dimension alone",
        name, of, shape);
  const DType dtype = detail::result_type({&sequence, &values});
  return apply(SearchSorted{right}, sequence.detach().to(dtype), values.detach().to(dtype));
}

constexpr auto rows_kernel = [](const std::int64_t* keys, std::int64_t* order, std::int64_t n,
                                std::int64_t length) {
  kernels::write_order_of_rows(keys, n, length, order);
};

/// In which order the rows of a matrix are sorted; equal ones keep theirs.
Tensor order_of_rows(const Tensor& rows) {
  const std::int64_t n = rows.size(0), length = rows.size(1);
  Tensor order = arange(n);
  // Sorting column by column is more than comparing rows, of which there are some log2(n) for each.
  if (length / 2 > static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(n)))) {
    const Tensor keys = detail::new_tensor(rows.shape(), int64);
    visit_dtype(rows.dtype(), [&]<class T>(T) {
      detail::launch(
          "unique_keys",
          [](const T* x, std::int64_t* key, std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i)
              key[i] = static_cast<std::int64_t>(kernels::key_of(x[i]) ^ std::uint64_t{1} << 63);
          },
          detail::in<T>(rows), detail::out<std::int64_t>(keys), rows.numel());
    });
    detail::launch("unique_rows", rows_kernel, detail::in<std::int64_t>(keys),
                   detail::out<std::int64_t>(order), n, length);
    return order;
  }
  // What is sorted last counts most.
  for (std::int64_t column = length - 1; column >= 0; --column) {
    const Tensor keys = index_select(select(rows, 1, column), 0, order);
    order = index_select(order, 0, argsort(keys));
  }
  return order;
}

/// Runs of what is equal, in a list.
struct Groups {
  Tensor first;    ///< where each begins
  Tensor inverse;  ///< for each entry of the list before it was sorted, its group
  Tensor counts;   ///< how many entries each has

  /// `differs`: whether each entry but the first is another than that before it; `order`: which
  /// entry came where, undefined where the list was not sorted.
  Groups(const Tensor& differs, const Tensor& order) {
    inverse = cumsum(cat({zeros({1}, boolean), differs}), 0);
    const std::int64_t n = inverse.numel();
    const std::int64_t count = inverse[-1].item<std::int64_t>() + 1;
    counts = scatter_add(zeros({count}, int64), 0, inverse, ones({n}, int64));
    if (order.defined()) inverse = scatter_add(zeros({n}, int64), 0, order, inverse);
    first = cumsum(counts, 0) - counts;
  }
};

/// The different ones among all elements, which were sorted by `order`, or where they stand.
UniqueElements unique_elements(const Tensor& x, const Tensor& all, const Tensor& order) {
  const std::int64_t n = all.numel();
  if (n == 0) return {all.clone(), zeros(x.shape(), int64), zeros({0}, int64)};
  const Groups found(narrow(all, 0, 1, n - 1) != narrow(all, 0, 0, n - 1), order);
  return {index_select(all, 0, found.first), reshape(found.inverse, x.shape()), found.counts};
}

/// The different entries of a dimension, after sorting them or where they stand.
UniqueElements unique_entries(const Tensor& x, int dim, bool sorts, const char* name) {
  require_defined(x, name);
  const int d = detail::dimension_of(x.shape(), dim, name);
  const std::int64_t n = x.size(d);
  if (n == 0) return {x.detach().clone(), zeros({0}, int64), zeros({0}, int64)};
  const Tensor entries = movedim(x.detach(), d, 0);
  Tensor rows = reshape(entries, {n, x.numel() / n}), order;
  if (sorts) {
    order = order_of_rows(rows);
    rows = index_select(rows, 0, order);
  }
  const Groups found(any(narrow(rows, 0, 1, n - 1) != narrow(rows, 0, 0, n - 1), 1), order);
  const Tensor output = index_select(rows, 0, found.first);
  return {movedim(reshape(output, entries.shape().with_size(0, output.size(0))), 0, d),
          found.inverse, found.counts};
}

}  // namespace

UniqueElements unique(const Tensor& x) {
  require_defined(x, "unique");
  const auto [sorted, order] = sort(flat(x));
  return unique_elements(x, sorted, order);
}

UniqueElements unique(const Tensor& x, const UniqueOptions& options) {
  return unique_entries(x, options.dim, true, "unique");
}

UniqueElements unique_consecutive(const Tensor& x) {
  require_defined(x, "unique_consecutive");
  return unique_elements(x, flat(x), {});
}

UniqueElements unique_consecutive(const Tensor& x, int dim) {
  return unique_entries(x, dim, false, "unique_consecutive");
}

Tensor bincount(const Tensor& x, const Tensor& weights, Integer minlength) {
  require_defined(x, "bincount");
  detail::require_int64("the elements", x.dtype(), "bincount");
  if (x.dim() != 1)
    fail<ShapeError>("bincount: needs a vector, not a tensor of shape {}; flatten it", x.shape());
  if (minlength < 0)
    fail<ValueError>("bincount: minlength is {}; it must not be negative", std::int64_t{minlength});
  std::int64_t count = minlength;
  if (x.numel() > 0) {
    if (const auto least = min(x).item<std::int64_t>(); least < 0)
      fail<ValueError>("bincount: {} is negative; only 0, 1, ... are counted", least);
    const auto largest = max(x).item<std::int64_t>();
    if (largest == std::numeric_limits<std::int64_t>::max())
      fail<ValueError>("bincount: {} has no bin: there would be one more than int64 counts",
                       largest);
    count = std::max(count, largest + 1);
  }
  if (!weights.defined()) return scatter_add(zeros({count}, int64), 0, x, ones(x.shape(), int64));
  detail::require_same_shape("weight vector", weights.shape(), "tensor", x.shape(), "bincount");
  const Tensor each =
      weights.detach().to(is_floating_point(weights.dtype()) ? weights.dtype() : float64);
  return scatter_add(zeros({count}, each.dtype()), 0, x, each);
}

Tensor histc(const Tensor& x, const HistcOptions& options) {
  detail::require_floating(x, "histc");
  if (options.bins < 1)
    fail<ValueError>("histc: bins is {}; there must be at least one", options.bins);
  double low = options.min, high = options.max;
  const Tensor all = flat(x);
  if (low == high && all.numel() > 0) {
    low = min(all).item();
    high = max(all).item();
  }
  if (low == high) {
    low -= 1;
    high += 1;
  }
  if (!(low < high) || !std::isfinite(low) || !std::isfinite(high))
    fail<ValueError>("histc: the range from {} to {} is no range of finite numbers", low, high);
  const Tensor edges = linspace(low, high, options.bins + 1, x.dtype());
  const Tensor within = (all >= edges[0]) & (all <= edges[-1]);
  // The last edge belongs to the last bin.
  const Tensor bin = searchsorted(edges, all, true) - 1;
  const Tensor own = where(within, where(all == edges[-1], options.bins - 1, bin), 0);
  return scatter_add(zeros({options.bins}, int64), 0, own, within.to(int64)).to(x.dtype());
}

Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, Flag right) {
  require_defined(sorted_sequence, values, "searchsorted");
  return search(sorted_sequence, values, right, "searchsorted");
}

Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values,
                    const SearchsortedOptions& options) {
  require_defined(sorted_sequence, values, "searchsorted");
  Tensor sequence = sorted_sequence;
  if (const Tensor& sorter = options.sorter; sorter.defined()) {
    detail::require_int64("the indices of the sorter", sorter.dtype(), "searchsorted");
    detail::require_same_shape("sorter", sorter.shape(), "sequence", sequence.shape(),
                               "searchsorted");
    if (sequence.dim() > 0)
      sequence = gather(
          sequence.detach(), -1,
          detail::counted_from_start(sorter, sequence.shape(), sequence.dim() - 1, "searchsorted"));
  }
  return search(sequence, values, options.side == Side::right, "searchsorted");
}

Tensor bucketize(const Tensor& x, const Tensor& boundaries, Flag right) {
  require_defined(x, boundaries, "bucketize");
  if (boundaries.dim() != 1)
    fail<ShapeError>("bucketize: the boundaries must be a vector, not of shape {}",
                     boundaries.shape());
  return search(boundaries, x, right, "bucketize");
}

Tensor isin(const Tensor& elements, const Tensor& test_elements, Flag, Flag invert) {
  require_defined(elements, test_elements, "isin");
  const DType dtype = detail::result_type({&elements, &test_elements});
  const Tensor one = elements.detach().to(dtype);
  const std::int64_t n = test_elements.numel();
  if (n == 0) return full(one.shape(), bool{invert});
  const Tensor sorted = sort(flat(test_elements.to(dtype))).values;
  const Tensor place = search(sorted, one, false, "isin");
  const Tensor found = index_select(sorted, 0, reshape(minimum(place, n - 1), place.numel()));
  const Tensor same = reshape(found, one.shape()) == one;
  return invert ? logical_not(same) : same;
}

}  // namespace tapegrad
