#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/kernels/reduce/range.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/row_tiles.h"
#include "autograd/ops/linalg/distance.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/reduce/slopes.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

namespace {

/// What distances are of: for each of `count` entries `rows` times `others` rows.
struct RowPairs {
  std::int64_t count, rows, others, length;
  /// From one entry to the next, 0 where all share one.
  std::int64_t step_rows, step_others;
};

/// The sum of term(i) for i < n, four at a time.
template <class Term>
double sum_of_terms(std::int64_t n, const Term& term) {
  double part[4] = {};
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int k = 0; k < 4; ++k) part[k] += term(i + k);
  double sum = (part[0] + part[1]) + (part[2] + part[3]);
  for (; i < n; ++i) sum += term(i);
  return sum;
}

/// The largest of size(i) for i < n; NaN wins.
template <class Size>
double largest_size(std::int64_t n, const Size& size) {
  double largest = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double one = size(i);
    if (one > largest || std::isnan(one)) largest = one;
    if (std::isnan(largest)) break;
  }
  return largest;
}

/// The norm of `n` numbers of these sizes. Powers that leave the range are taken in units of a
/// power of two.
template <class Size>
double norm_of_sizes(std::int64_t n, double p, const Size& size) {
  if (p == 0) return sum_of_terms(n, [&](std::int64_t i) { return double(size(i) != 0); });
  if (p == 1) return sum_of_terms(n, size);
  if (std::isinf(p)) return largest_size(n, size);
  const auto sum_of_powers = [&](const auto& each) {
    if (p != 2) return sum_of_terms(n, [&](std::int64_t i) { return std::pow(each(i), p); });
    return sum_of_terms(n, [&](std::int64_t i) {
      const double one = each(i);
      return one * one;
    });
  };
  const auto root = [p](double sum) { return p == 2 ? std::sqrt(sum) : std::pow(sum, 1 / p); };
  const double plain = sum_of_powers(size);
  if (plain >= kernels::smallest_mean_square<double> && plain <= std::numeric_limits<double>::max())
    return root(plain);
  const double largest = largest_size(n, size);
  if (largest == 0 || !std::isfinite(largest)) return largest;
  const double unit = kernels::power_of_two(largest);
  return root(sum_of_powers([&](std::int64_t i) { return size(i) / unit; })) * unit;
}

template <class T>
constexpr auto distance_kernel = [](const T* x, const T* y, T* to, RowPairs of, double p) {
  detail::for_row_tiles(
      of.count * of.rows, of.others * of.length, [&](std::int64_t first, std::int64_t count) {
        for (std::int64_t row = first; row < first + count; ++row) {
          const T* a = x + row / of.rows * of.step_rows + row % of.rows * of.length;
          for (std::int64_t j = 0; j < of.others; ++j) {
            const T* b = y + row / of.rows * of.step_others + j * of.length;
            to[row * of.others + j] =
                static_cast<T>(norm_of_sizes(of.length, p, [=](std::int64_t i) {
                  return std::abs(double(a[i]) - double(b[i]));
                }));
          }
        }
      });
};

/// For each row of `x` the sum over all others of g dy/dx. `step`: of `g` and `distance`, from one
/// row to the next, and from one other to the next.
template <class T>
constexpr auto slope_kernel = [](const T* x, const T* y, const T* distance, const T* g, T* to,
                                 RowPairs of, std::int64_t step_row, std::int64_t step_other,
                                 double p) {
  constexpr std::int64_t kColumns = 32;
  const auto slope = [p](double difference, double all) {
    if (p == 2) return difference / all;
    if (std::isnan(difference)) return difference;
    if (p == 1) return double((difference > 0) - (difference < 0));
    if (difference == 0) return 0.0;
    return std::copysign(std::pow(std::abs(difference) / all, p - 1), difference);
  };
  const auto add_row = [&](std::int64_t row, std::int64_t start, std::int64_t columns) {
    const std::int64_t entry = row / of.rows, i = row % of.rows;
    const T* a = x + entry * of.step_rows + i * of.length + start;
    double sums[kColumns] = {};
    for (std::int64_t j = 0; j < of.others; ++j) {
      const std::int64_t at = entry * of.rows * of.others + i * step_row + j * step_other;
      const double all = distance[at], factor = g[at];
      if (all == 0) continue;
      const T* b = y + entry * of.step_others + j * of.length + start;
      const double ratio = factor / all;
      if (p == 2 && std::isfinite(ratio)) {
        for (std::int64_t c = 0; c < columns; ++c) sums[c] += ratio * (double(a[c]) - double(b[c]));
        continue;
      }
      for (std::int64_t c = 0; c < columns; ++c)
        sums[c] += factor * slope(double(a[c]) - double(b[c]), all);
    }
    for (std::int64_t c = 0; c < columns; ++c)
      to[row * of.length + start + c] = static_cast<T>(sums[c]);
  };
  detail::for_row_tiles(of.count * of.rows, of.others * of.length,
                        [&](std::int64_t first, std::int64_t count) {
                          for (std::int64_t row = first; row < first + count; ++row)
                            for (std::int64_t start = 0; start < of.length; start += kColumns)
                              add_row(row, start, std::min(kColumns, of.length - start));
                        });
};

Shape entries_of(const Tensor& x) { return x.shape().slice(0, x.dim() - 2); }

/// `x` as `entries` of matrices, and how far one is from the next.
Tensor with_entries(const Tensor& x, const Shape& entries, std::int64_t& step) {
  const Shape own = entries_of(x);
  step = own.numel() == 1 ? 0 : x.size(-2) * x.size(-1);
  if (own == entries || own.numel() == 1) return x;
  Shape whole = entries;
  for (const int d : {-2, -1}) whole.push_back(x.size(d));
  return expand(x, whole);
}

/// Distances of rows. Forward and unrecorded rules work row by row; the others hold a difference
/// for each pair of rows.
struct CDist {
  static constexpr const char* name = "cdist";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr Reads reads[] = {kA | kB | kY, kA | kB | kY}, fused = kA | kB;
  double p;
  static constexpr void visit(auto& op, auto f) { f("p", op.p); }
  static std::string onnx(const CDist& op, std::span<const Tensor* const> inputs) {
    const char* differences = "d = Sub(Unsqueeze(a, [-2]), Unsqueeze(b, [-3])); ";
    const auto reduced = [&](const char* reduction, const char* of) {
      return fmt::format("{}y = {}<axes=[-1], keepdims=0>({})", differences, reduction, of);
    };
    // ONNX Runtime keeps a dimension of what has no elements.
    if (inputs[0]->numel() == 0 || inputs[1]->numel() == 0)
      return fmt::format("y = Expand(0, {})", shape_of(*inputs[0], *inputs[1]));
    if (op.p == 1) return reduced("ReduceL1", "d");
    if (op.p == 2) return reduced("ReduceL2", "d");
    if (std::isinf(op.p)) return reduced("ReduceMax", "Abs(d)");
    if (op.p == 0)
      return fmt::format("{}y = ReduceSum<keepdims=0>(Abs(Sign(d)), [-1])", differences);
    return fmt::format("{}s = ReduceSum<keepdims=0>(Pow(Abs(d), {}), [-1]); y = Pow(s, {})",
                       differences, op.p, 1 / op.p);
  }

  static Shape shape_of(const Tensor& a, const Tensor& b) {
    Shape shape = detail::broadcast(entries_of(a), entries_of(b), name);
    for (const Tensor* x : {&a, &b}) shape.push_back(x->size(-2));
    return shape;
  }
  Tensor forward(const Tensor& a, const Tensor& b) const {
    const Shape entries = detail::broadcast(entries_of(a), entries_of(b), name);
    RowPairs of{entries.numel(), a.size(-2), b.size(-2), a.size(-1), 0, 0};
    const Tensor x = with_entries(a, entries, of.step_rows);
    const Tensor y = with_entries(b, entries, of.step_others);
    const Tensor distances = detail::new_tensor(shape_of(a, b), a.dtype());
    visit_floating(a.dtype(), [&]<class T>(T) {
      detail::launch(name, distance_kernel<T>, detail::in<T>(x), detail::in<T>(y),
                     detail::out<T>(distances), of, p);
    });
    return distances;
  }

  /// The cotangent of `a`, or of `b`, whose roles then are swapped.
  Tensor fused_rule(const Tensor& g, const Tensor& a, const Tensor& b, const Tensor& y,
                    bool swapped) const {
    if (std::isinf(p)) return {};  // ties share it
    if (p == 0) return zeros_like(a);
    const Shape entries = entries_of(y);
    RowPairs of{entries.numel(), a.size(-2), b.size(-2), a.size(-1), 0, 0};
    const Tensor x = with_entries(a, entries, of.step_rows);
    const Tensor others = with_entries(b, entries, of.step_others);
    Shape shape = entries;
    for (const std::int64_t size : {of.rows, of.length}) shape.push_back(size);
    const Tensor all = detail::new_tensor(shape, a.dtype());
    visit_floating(a.dtype(), [&]<class T>(T) {
      detail::launch("cdist_rule", slope_kernel<T>, detail::in<T>(x), detail::in<T>(others),
                     detail::in<T>(y), detail::in<T>(g), detail::out<T>(all), of,
                     swapped ? std::int64_t{1} : of.others, swapped ? of.rows : std::int64_t{1}, p);
    });
    return sum_to(all, a.shape());
  }
  Tensor vjp_fused_a(const Tensor& g, const Tensor& a, const Tensor& b, const Tensor& y) const {
    return fused_rule(g, a, b, y, false);
  }
  Tensor vjp_fused_b(const Tensor& g, const Tensor& a, const Tensor& b, const Tensor& y) const {
    return fused_rule(g, b, a, y, true);
  }

  /// dy/da, one for each pair of rows and each element.
  Tensor slopes(const Tensor& a, const Tensor& b, const Tensor& y) const {
    const Tensor differences = unsqueeze(a, -2) - unsqueeze(b, -3);
    if (p == 0) return zeros_like(differences);
    if (p == 1) return sign(differences);
    if (!std::isinf(p)) return detail::norm_slopes(differences, unsqueeze(y, -1), p);
    const Tensor largest = (abs(differences) == unsqueeze(y, -1)).to(a.dtype());
    return sign(differences) * largest / sum(largest, -1, true);
  }
  Tensor vjp_a(const Tensor& g, const Tensor& a, const Tensor& b, const Tensor& y) const {
    return sum_to(sum(unsqueeze(g, -1) * slopes(a, b, y), -2), a.shape());
  }
  Tensor vjp_b(const Tensor& g, const Tensor& a, const Tensor& b, const Tensor& y) const {
    return -sum_to(sum(unsqueeze(g, -1) * slopes(a, b, y), -3), b.shape());
  }
  Tensor jvp_a(const Tensor& t, const Tensor& a, const Tensor& b, const Tensor& y) const {
    return sum(unsqueeze(t, -2) * slopes(a, b, y), -1);
  }
  Tensor jvp_b(const Tensor& t, const Tensor& a, const Tensor& b, const Tensor& y) const {
    return -sum(unsqueeze(t, -3) * slopes(a, b, y), -1);
  }
};

}  // namespace

Tensor cdist(const Tensor& x1, const Tensor& x2, Real p) {
  detail::require_defined(x1, x2, "cdist");
  detail::require_floating(x1, "cdist");
  detail::require_same_type("second argument", x2.dtype(), "first argument", x1.dtype(), "cdist");
  if (x1.dim() < 2 || x2.dim() < 2)
    fail<ShapeError>("cdist: shapes {} and {}; both need rows, [..., n, m] and [..., k, m]",
                     x1.shape(), x2.shape());
  if (x1.size(-1) != x2.size(-1))
    fail<ShapeError>("cdist: shapes {} and {}: rows of {} and of {} elements have no distance",
                     x1.shape(), x2.shape(), x1.size(-1), x2.size(-1));
  if (!(p >= 0))
    fail<ValueError>("cdist: the order p is {}; it must be 0 or above", static_cast<double>(p));
  return apply(CDist{p}, x1, x2);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo cdist_cases() {
  Draw draw;
  OperatorInfo info{"cdist", {}};
  for (const double p : {2.0, 1.0, 3.0, 0.5, 0.0, std::numeric_limits<double>::infinity()}) {
    const auto add = [&](const char* label, const Shape& a, const Shape& b) {
      info.cases.push_back({fmt::format("{} of order {}", label, p),
                            {draw.distinct(a), draw(b, {0.01, 0.09})},
                            [p](const Inputs& in) { return cdist(in[0], in[1], p); }});
    };
    add("rows", {3, 2}, {2, 2});
    add("batches", {2, 2, 3}, {2, 1, 3});
    add("rows against a batch", {3, 2}, {2, 2, 2});
    add("batches that broadcast", {2, 1, 2, 2}, {3, 2, 2});
    add("no rows", {0, 2}, {3, 2});
    add("rows of nothing", {2, 0}, {3, 0});
  }
  return info;
}

}  // namespace detail

}  // namespace tapegrad
