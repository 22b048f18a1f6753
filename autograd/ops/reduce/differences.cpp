#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/reduce/reduce.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

using detail::dimension_of;
using detail::require_defined;
using detail::require_floating;

namespace {

/// All entries of `dim` but the last, and all but the first.
/// @{
Tensor but_last(const Tensor& x, int dim) { return narrow(x, dim, 0, x.shape()[dim] - 1); }
Tensor but_first(const Tensor& x, int dim) { return narrow(x, dim, 1, x.shape()[dim] - 1); }
/// @}

}  // namespace

Tensor diff(const Tensor& x, const DiffOptions& options) {
  require_defined(x, "diff");
  const int d = dimension_of(x.shape(), options.dim, "diff");
  if (options.n < 0)
    fail<ValueError>("diff: n is {}, but differences are taken 0 times or more", options.n);
  if (options.n == 0) return x;
  std::vector<Tensor> parts;
  for (const Tensor& part : {options.prepend, x, options.append})
    if (part.defined()) parts.push_back(part);
  Tensor y = parts.size() == 1 ? x : cat(parts, d);
  for (std::int64_t i = std::min(options.n, y.shape()[d]); i-- > 0;) {
    if (y.shape()[d] == 1) return narrow(y, d, 0, 0);
    y = y.dtype() == boolean ? logical_xor(but_first(y, d), but_last(y, d))
                             : but_first(y, d) - but_last(y, d);
  }
  return y;
}

namespace {

/// The areas between neighbours, `dx` wide, which broadcasts.
Tensor trapezoids(const Tensor& y, const Tensor& dx, int dim) {
  if (y.shape()[dim] == 0) return y / 2;  // none
  return (but_first(y, dim) + but_last(y, dim)) * dx / 2;
}

/// The distances between the places `x`, of as many dimensions as `y` has.
Tensor distances(const Tensor& y, const Tensor& x, int dim, const char* name) {
  const Shape& shape = y.shape();
  Shape wide;
  for (int i = 0; i < shape.rank(); ++i)
    wide.push_back(x.dim() == 1                 ? (i == dim ? x.numel() : 1)
                   : i < shape.rank() - x.dim() ? 1
                                                : x.shape()[i - shape.rank() + x.dim()]);
  if (x.dim() == 0 || x.dim() > shape.rank() || wide[dim] != shape[dim] ||
      detail::broadcast(wide, shape, name) != shape)
    fail<ShapeError>(
        "{}: places of shape {} do not fit values of shape {}: along dimension {} there must be "
        "one for each value",
        name, x.shape(), shape, dim);
  const Tensor places = reshape(x, wide);
  return shape[dim] == 0 ? places : but_first(places, dim) - but_last(places, dim);
}

struct Values {
  int dim;
  Tensor areas;
};

Values areas_of(const Tensor& y, const TrapezoidOptions& options, const char* name) {
  require_defined(y, name);
  const int d = dimension_of(y.shape(), options.dim, name);
  return {d, trapezoids(y, options.dx, d)};
}
Values areas_of(const Tensor& y, const Tensor& x, int dim, const char* name) {
  require_defined(y, x, name);
  const int d = dimension_of(y.shape(), dim, name);
  return {d, trapezoids(y, distances(y, x, d, name), d)};
}

}  // namespace

Tensor trapezoid(const Tensor& y, const TrapezoidOptions& options) {
  const auto [d, areas] = areas_of(y, options, "trapezoid");
  return sum(areas, d);
}
Tensor trapezoid(const Tensor& y, const Tensor& x, int dim) {
  const auto [d, areas] = areas_of(y, x, dim, "trapezoid");
  return sum(areas, d);
}
Tensor cumulative_trapezoid(const Tensor& y, const TrapezoidOptions& options) {
  const auto [d, areas] = areas_of(y, options, "cumulative_trapezoid");
  return cumsum(areas, d);
}
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, int dim) {
  const auto [d, areas] = areas_of(y, x, dim, "cumulative_trapezoid");
  return cumsum(areas, d);
}

namespace {

/// Checks weights of `count` observations.
void require_weights(const Tensor& weights, std::int64_t count, const char* what,
                     const char* name) {
  if (weights.shape() != Shape(count))
    fail<ShapeError>("{}: {} have shape {}, but {} observations need {}", name, what,
                     weights.shape(), count, Shape(count));
  if (any(detail::all_entries(weights < 0)).item<bool>())
    fail<ValueError>("{}: {} must not be negative", name, what);
}

/// `[n, n]` for rows of a matrix.
Tensor covariances(const Tensor& x, const CovOptions& options, const char* name) {
  require_floating(x, name);
  if (x.dim() > 2)
    fail<ShapeError>("{}: needs variables by observations, not a tensor of shape {}", name,
                     x.shape());
  const Tensor rows = x.dim() == 2 ? x : reshape(x, {1, x.numel()});
  const std::int64_t count = rows.shape()[1];
  const Tensor &often = options.fweights, &much = options.aweights;
  if (often.defined()) {
    detail::require_int64("fweights", often.dtype(), name);
    require_weights(often, count, "fweights", name);
  }
  if (much.defined()) {
    require_floating(much, name);
    require_weights(much, count, "aweights", name);
  }
  const auto correction = static_cast<double>(options.correction);
  if (!often.defined() && !much.defined()) {
    const Tensor distance = detail::deviation(rows, 1);
    const double freedom = std::max(0.0, static_cast<double>(count) - correction);
    return matmul(distance, distance, {.transpose_b = true}) / freedom;
  }
  const Tensor weight = (!often.defined()  ? much
                         : !much.defined() ? often
                                           : often.to(much.dtype()) * much)
                            .to(x.dtype());
  const Tensor total = sum(weight);
  const Tensor distance = rows - sum(rows * weight, 1, true) / total;
  const Tensor lost = much.defined() ? sum(weight * much.to(x.dtype())) / total : Tensor(1);
  const Tensor freedom = clamp(total - correction * lost, 0);
  return matmul(distance, distance * weight, {.transpose_b = true}) / freedom;
}

}  // namespace

Tensor cov(const Tensor& x, const CovOptions& options) {
  return squeeze(covariances(x, options, "cov"));
}

Tensor corrcoef(const Tensor& x) {
  const Tensor covariance = covariances(x, {}, "corrcoef");
  const Tensor diagonal = eye(covariance.shape()[0], {}, boolean);
  const Tensor deviation = sqrt(sum(where(diagonal, covariance, 0), 1));
  return squeeze(clamp(covariance / unsqueeze(deviation, 1) / deviation, -1, 1));
}

}  // namespace tapegrad
