#include <optional>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"
#include "autograd/ops/core/promotion.h"

namespace tapegrad {

using detail::elementwise;

Tensor exp(Tensor x) { return elementwise<formula::Exp>(std::move(x)); }
Tensor expm1(Tensor x) { return elementwise<formula::Expm1>(std::move(x)); }
Tensor log(Tensor x) { return elementwise<formula::Log>(std::move(x)); }
Tensor log1p(Tensor x) { return elementwise<formula::Log1p>(std::move(x)); }
Tensor sqrt(Tensor x) { return elementwise<formula::Sqrt>(std::move(x)); }
Tensor rsqrt(Tensor x) { return elementwise<formula::Rsqrt>(std::move(x)); }

Tensor pow(const Tensor& base, const Tensor& exponent) {
  detail::require_defined(base, exponent, "pow");
  const std::optional<double> number = detail::number_in(exponent);
  if (!number) return elementwise<formula::Pow>(base, exponent);
  if (!is_floating_point(result_type(base, exponent))) {
    if (*number < 0)
      fail<ValueError>("pow: integers to the negative power {}; convert the base with to(float32)",
                       *number);
    return elementwise<formula::Pow>(base, exponent);
  }
  if (*number == 2 && is_floating_point(base.dtype())) return square(base);
  if (*number == -1) return reciprocal(base);
  return elementwise(base, formula::PowNumber{*number});
}

}  // namespace tapegrad
