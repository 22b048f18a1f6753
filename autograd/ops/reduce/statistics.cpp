#include <limits>

#include "autograd/base/fail.h"
#include "autograd/kernels/order/entries.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/order/ranks.h"
#include "autograd/ops/reduce/reduce.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::normal_dim;
using detail::require_defined;
using detail::require_floating;

// ---- Truth and sums ----------------------------------------------------------------------------

Tensor any(const Tensor& x, const Dims& dims, Flag keepdim) {
  require_defined(x, "any");
  const detail::ReducedShape checked(x.shape(), dims, keepdim, "any");
  return sum(x.to(boolean), dims, keepdim) != 0;
}

Tensor all(const Tensor& x, const Dims& dims, Flag keepdim) {
  require_defined(x, "all");
  const detail::ReducedShape checked(x.shape(), dims, keepdim, "all");
  return sum(logical_not(x), dims, keepdim) == 0;
}

Tensor count_nonzero(const Tensor& x, const Dims& dims) {
  require_defined(x, "count_nonzero");
  const detail::ReducedShape checked(x.shape(), dims, false, "count_nonzero");
  return sum(x.to(boolean), dims);
}

namespace {

Tensor without_nan(const Tensor& x) {
  return is_floating_point(x.dtype()) ? where(isnan(x), 0, x) : x;
}

/// How many elements are not NaN.
Tensor count_numbers(const Tensor& x, const Dims& dims, bool keepdim) {
  return sum(x == x, dims, keepdim);
}

}  // namespace

Tensor nansum(const Tensor& x, const Dims& dims, Flag keepdim) {
  require_defined(x, "nansum");
  const detail::ReducedShape checked(x.shape(), dims, keepdim, "nansum");
  return sum(without_nan(x), dims, keepdim);
}

Tensor nanmean(const Tensor& x, const Dims& dims, Flag keepdim) {
  require_floating(x, "nanmean");
  const detail::ReducedShape checked(x.shape(), dims, keepdim, "nanmean");
  return sum(without_nan(x), dims, keepdim) / count_numbers(x, dims, keepdim).to(x.dtype());
}

VarAndMean var_mean(const Tensor& x, const Dims& dims, Integer correction, Flag keepdim) {
  require_floating(x, "var_mean");
  const detail::ReducedShape checked(x.shape(), dims, keepdim, "var_mean");
  return {var(x, dims, correction, keepdim), mean(x, dims, keepdim)};
}

StdAndMean std_mean(const Tensor& x, const Dims& dims, Integer correction, Flag keepdim) {
  require_floating(x, "std_mean");
  const detail::ReducedShape checked(x.shape(), dims, keepdim, "std_mean");
  return {std(x, dims, correction, keepdim), mean(x, dims, keepdim)};
}

MinAndMax aminmax(const Tensor& x, const Dims& dims, Flag keepdim) {
  require_defined(x, "aminmax");
  const detail::ReducedShape shape(x.shape(), dims, keepdim, "aminmax");
  if (shape.count == 0) detail::fail_nothing_to_choose(x.shape(), shape.dims, "aminmax");
  return {amin(x, dims, keepdim), amax(x, dims, keepdim)};
}

// ---- Statistics of order -----------------------------------------------------------------------

namespace {

/// `dim` counted from 0, which must have elements.
int choosing_dim(const Tensor& x, int dim, const char* name) {
  require_defined(x, name);
  const int d = normal_dim(dim, x.dim(), name);
  if (x.dim() > 0 && x.shape()[d] == 0) detail::fail_nothing_to_choose(x.shape(), d, name);
  return d;
}

/// int64 numbers, at least -1, divided by 2 and rounded towards 0.
Tensor half(const Tensor& x) { return (x.to(float64) / 2).to(int64); }

/// Where the median along `dim` of `x` stands, which has elements there; that dimension is kept.
Tensor median_indices(const Tensor& x, int dim, bool skip_nan) {
  if (!is_floating_point(x.dtype()))
    return detail::ranked(x, dim, false, (x.shape()[dim] - 1) / 2, 1);
  return detail::ranked(x, dim, false, skip_nan ? kernels::kMiddleOfNumbers : kernels::kMiddle, 1);
}

ValuesAndIndices median_along(const Tensor& x, int dim, bool keepdim, bool skip_nan,
                              const char* name) {
  const int d = choosing_dim(x, dim, name);
  return detail::chosen(x, d, median_indices(atleast_1d(x), d, skip_nan), keepdim);
}

Tensor median_of_all(const Tensor& x, bool skip_nan, const char* name) {
  require_defined(x, name);
  if (x.numel() == 0) {
    if (!is_floating_point(x.dtype())) detail::fail_nothing_to_choose(x.shape(), {}, name);
    return mean(x);  // NaN
  }
  const Tensor all = reshape(x, x.numel());
  const Tensor median = gather(all.detach(), 0, median_indices(all, 0, skip_nan));
  if (!is_floating_point(x.dtype())) return reshape(median, {});
  // The largest of the equal ones, which shares evenly. With their sign, so that an infinite median
  // is not what stands in place of the others.
  const Tensor equal = (all == median) | (isnan(all) & isnan(median));
  const Tensor sign = where(median < 0, -1, 1).to(x.dtype());
  constexpr double none = -std::numeric_limits<double>::infinity();
  return reshape(amax(where(equal, all * sign, none), 0, true) * sign, {});
}

}  // namespace

Tensor median(const Tensor& x) { return median_of_all(x, false, "median"); }
ValuesAndIndices median(const Tensor& x, int dim, Flag keepdim) {
  return median_along(x, dim, keepdim, false, "median");
}
Tensor nanmedian(const Tensor& x) { return median_of_all(x, true, "nanmedian"); }
ValuesAndIndices nanmedian(const Tensor& x, int dim, Flag keepdim) {
  return median_along(x, dim, keepdim, true, "nanmedian");
}

ValuesAndIndices mode(const Tensor& x, int dim, Flag keepdim) {
  const int d = choosing_dim(x, dim, "mode");
  const Tensor whole = atleast_1d(x).detach();
  const std::int64_t n = whole.shape()[d];
  const Tensor order = argsort(whole, d);
  const Tensor sorted = gather(whole, d, order);
  // Equal elements are a run; its last one is as many places from its first as it has elements.
  const Tensor first = cat({zeros(sorted.shape().with_size(d, 1), boolean),
                            narrow(sorted, d, 1, n - 1) != narrow(sorted, d, 0, n - 1)},
                           d);
  Shape along;
  for (int i = 0; i < whole.dim(); ++i) along.push_back(i == d ? n : 1);
  const Tensor place = reshape(arange(n), along);
  const Tensor length = place - cummax(where(first, place, 0), d).values;
  return detail::chosen(x, d, gather(order, d, argmax(length, d, true)), keepdim);
}

// ---- Quantiles ---------------------------------------------------------------------------------

namespace {

/// Of the last dimension of `x`: `[..., n]` and `q` `[m]` give `[..., m]`.
Tensor quantiles_of_rows(const Tensor& x, const Tensor& q, Interpolation interpolation,
                         bool skip_nan) {
  const Tensor sorted = sort(x, -1).values;
  const std::int64_t last = x.shape().back() - 1;
  const Tensor numbers = count_numbers(x, -1, true);
  // Places in the order. A NaN is the last of it.
  const Tensor most = skip_nan ? where(numbers == 0, 0, numbers - 1) : Tensor(last);
  // Places that float32 does not have are computed in float64.
  const bool many = last >= std::int64_t{1} << std::numeric_limits<float>::digits;
  const DType type = many ? float64 : q.dtype();
  const Tensor exact = q.to(type) * most.to(type);
  const Tensor place = skip_nan ? exact : where(numbers <= last, static_cast<double>(last), exact);
  const Tensor below = place.to(int64);
  const Tensor fraction = place - below.to(type);
  const Tensor above = below + (fraction > 0).to(int64);
  const auto at = [&](const Tensor& places) { return gather(sorted, x.dim() - 1, places); };
  switch (interpolation) {
    case Interpolation::lower:
      return at(below);
    case Interpolation::higher:
      return at(above);
    case Interpolation::nearest: {
      const Tensor odd = half(below) * 2 != below;
      return at(where((fraction > 0.5) | ((fraction == 0.5) & odd), above, below));
    }
    default:
      break;
  }
  const Tensor low = at(below), high = at(above);
  const Tensor weight =
      interpolation == Interpolation::midpoint ? Tensor(0.5) : fraction.to(x.dtype());
  // Infinite ones that are equal have no difference, and above -inf there is none that counts.
  const Tensor same = (below == above) | (isinf(low) & ((low == high) | isfinite(high)));
  return low + weight * where(same, 0, high - low);
}

/// Along `dim`, or of all elements.
Tensor quantile_of(const Tensor& x, const Tensor& q, const int* dim, bool keepdim,
                   Interpolation interpolation, bool skip_nan) {
  const char* name = skip_nan ? "nanquantile" : "quantile";
  require_defined(x, q, name);
  require_floating(x, name);
  const bool number = detail::is_number(q);
  if (!number) detail::require_same_type("q", q.dtype(), "tensor", x.dtype(), name);
  if (q.dim() > 1)
    fail<ShapeError>("{}: q must be a number or a vector, not of shape {}", name, q.shape());
  const int d = dim ? normal_dim(*dim, x.dim(), name) : 0;
  const bool whole = !dim || x.dim() == 0;
  if (whole ? x.numel() == 0 : x.shape()[d] == 0)
    detail::fail_nothing_to_choose(x.shape(), whole ? Dims() : Dims(d), name);
  if (!all(detail::all_entries((q >= 0) & (q <= 1))).item<bool>())
    fail<ValueError>("{}: q must be in [0, 1], but is {}", name, to_string(q.detach()));
  const Tensor shares = number ? full({1}, q, float64) : atleast_1d(q);
  const Tensor rows = whole ? reshape(x, x.numel()) : transpose(x, d, -1);
  Tensor y = quantiles_of_rows(rows, shares, interpolation, skip_nan);
  // [..., m], with what was the last dimension at place d.
  const std::int64_t m = shares.numel();
  if (whole) {
    Shape shape;
    if (q.dim() == 1) shape.push_back(m);
    if (keepdim)
      for (int i = 0; i < x.dim(); ++i) shape.push_back(1);
    return reshape(y, shape);
  }
  if (m == 1 && q.dim() == 0) {
    y = transpose(y, d, -1);
    return keepdim ? y : squeeze(y, d);
  }
  y = transpose(unsqueeze(y, 0), 0, -1);  // [m, ..., 1]
  y = transpose(y, d + 1, -1);
  return keepdim ? y : squeeze(y, d + 1);
}

}  // namespace

Tensor quantile(const Tensor& x, const Tensor& q, Interpolation interpolation) {
  return quantile_of(x, q, nullptr, false, interpolation, false);
}
Tensor quantile(const Tensor& x, const Tensor& q, std::nullopt_t, Flag keepdim,
                Interpolation interpolation) {
  return quantile_of(x, q, nullptr, keepdim, interpolation, false);
}
Tensor quantile(const Tensor& x, const Tensor& q, int dim, Flag keepdim,
                Interpolation interpolation) {
  return quantile_of(x, q, &dim, keepdim, interpolation, false);
}
Tensor nanquantile(const Tensor& x, const Tensor& q, Interpolation interpolation) {
  return quantile_of(x, q, nullptr, false, interpolation, true);
}
Tensor nanquantile(const Tensor& x, const Tensor& q, std::nullopt_t, Flag keepdim,
                   Interpolation interpolation) {
  return quantile_of(x, q, nullptr, keepdim, interpolation, true);
}
Tensor nanquantile(const Tensor& x, const Tensor& q, int dim, Flag keepdim,
                   Interpolation interpolation) {
  return quantile_of(x, q, &dim, keepdim, interpolation, true);
}

}  // namespace tapegrad
