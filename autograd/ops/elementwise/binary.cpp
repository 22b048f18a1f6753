#include <optional>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"

namespace tapegrad {

using detail::elementwise;

namespace detail {

Tensor no_bool_difference(const Tensor&, const Tensor&) {
  fail<DTypeError>("sub: bool tensors have no difference; use logical_xor, or convert them");
}

}  // namespace detail

Tensor add(const Tensor& a, const Tensor& b) { return elementwise<formula::Add>(a, b); }
Tensor detail::add(const Tensor& a, const Tensor& b, Tensor& room) {
  return elementwise<formula::Add>(a, b, &room);
}
Tensor sub(const Tensor& a, const Tensor& b) { return elementwise<formula::Sub>(a, b); }
Tensor detail::sub(const Tensor& a, const Tensor& b, Tensor& room) {
  return elementwise<formula::Sub>(a, b, &room);
}
Tensor mul(const Tensor& a, const Tensor& b) { return elementwise<formula::Mul>(a, b); }
Tensor detail::mul(const Tensor& a, const Tensor& b, Tensor& room) {
  return elementwise<formula::Mul>(a, b, &room);
}
Tensor div(const Tensor& a, const Tensor& b) { return elementwise<formula::Div>(a, b); }
Tensor detail::div(const Tensor& a, const Tensor& b, Tensor& room) {
  return elementwise<formula::Div>(a, b, &room);
}
Tensor maximum(const Tensor& a, const Tensor& b) { return elementwise<formula::Maximum>(a, b); }
Tensor minimum(const Tensor& a, const Tensor& b) { return elementwise<formula::Minimum>(a, b); }

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
  if (*number == 0.5) return sqrt(base);
  if (*number == -1) return reciprocal(base);
  return elementwise(base, formula::PowNumber{*number});
}

}  // namespace tapegrad
