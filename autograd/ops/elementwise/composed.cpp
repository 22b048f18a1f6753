#include "autograd/ops/elementwise/composed.h"

#include <cmath>
#include <limits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/logic/shared.h"
#include "autograd/ops/ops.h"

namespace tapegrad {

namespace {

constexpr double kDegree = 0.0174532925199432958;

}  // namespace

Tensor round(Tensor x, Integer decimals) {
  detail::require_defined(x, "round");
  if (decimals == 0) return round(std::move(x));
  if (!is_floating_point(x.dtype()))
    fail<DTypeError>(
        "round: {} has no decimals to round to {} of them; convert the tensor with to(float32), "
        "or leave the number of decimals out",
        x.dtype(), std::int64_t{decimals});
  // A division by a power of ten is exact more often than a product with its inverse.
  const double ten = std::pow(10, std::abs(static_cast<double>(decimals)));
  if (decimals > 0) return round(std::move(x) * ten) / ten;
  return round(std::move(x) / ten) * ten;
}

Tensor frac(const Tensor& x) {
  detail::require_floating(x, "frac");
  return x - trunc(x);
}

Tensor positive(const Tensor& x) {
  detail::require_defined(x, "positive");
  if (x.dtype() == boolean)
    fail<DTypeError>(
        "positive: a bool tensor has no sign; convert it with to(int64) to have a number");
  return x;
}

Tensor nan_to_num(const Tensor& x, const NanToNumOptions& options) {
  detail::require_defined(x, "nan_to_num");
  if (!is_floating_point(x.dtype())) return x.clone();
  const double most =
      x.dtype() == float32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  constexpr double inf = std::numeric_limits<double>::infinity();
  const Tensor above = where(x == inf, options.posinf.value_or(most), x);
  const Tensor below = where(x == -inf, options.neginf.value_or(-most), above);
  return where(isnan(x), options.nan, below);
}

Tensor float_power(const Tensor& base, const Tensor& exponent) {
  detail::require_defined(base, exponent, "float_power");
  return pow(base.to(float64), detail::is_number(exponent) ? exponent : exponent.to(float64));
}

Tensor deg2rad(const Tensor& x) {
  detail::require_defined(x, "deg2rad");
  return x * kDegree;
}
Tensor rad2deg(const Tensor& x) {
  detail::require_defined(x, "rad2deg");
  return x * (1 / kDegree);
}

Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, Flag equal_nan) {
  detail::require_defined(a, b, "isclose");
  if (!(rtol >= 0 && atol >= 0))
    fail<ValueError>("isclose: tolerances must be 0 or more, but rtol is {} and atol is {}", rtol,
                     atol);
  detail::broadcast(a.shape(), b.shape(), "isclose");
  return detail::closeness(a, b, rtol, atol, equal_nan);
}

}  // namespace tapegrad
