#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

namespace detail {

Tensor no_bool_difference(const Tensor&, const Tensor&) {
  fail<DTypeError>("sub: bool tensors have no difference; use logical_xor, or convert them");
}

Tensor no_bool_negative(const Tensor&, const Tensor&) {
  fail<DTypeError>("neg: a bool tensor has no negative; use logical_not");
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
Tensor neg(Tensor x) { return elementwise<formula::Neg>(std::move(x)); }
Tensor abs(Tensor x) { return elementwise<formula::Abs>(std::move(x)); }
Tensor sign(Tensor x) { return elementwise<formula::Sign>(std::move(x)); }
Tensor square(Tensor x) { return elementwise<formula::Square>(std::move(x)); }
Tensor reciprocal(Tensor x) { return elementwise<formula::Reciprocal>(std::move(x)); }

}  // namespace tapegrad
