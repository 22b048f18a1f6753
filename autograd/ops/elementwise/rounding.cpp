#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/elementwise/composed.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::elementwise;

namespace {

/// Integers are whole already.
template <class Op>
Tensor rounded_by(Tensor x) {
  detail::require_defined(x, Op::name);
  if (!is_floating_point(x.dtype())) return x.dtype() == int64 ? x.clone() : x.to(int64);
  return elementwise<Op>(std::move(x));
}

/// Checks that no integer is to be divided by 0.
void check_divisor(const Tensor& a, const Tensor& b, const char* name) {
  detail::require_defined(a, b, name);
  if (is_floating_point(result_type(a, b))) return;
  const Tensor divisor = detail::converted(b, int64);
  const detail::Fault zero = detail::launch(
      name,
      [](const std::int64_t* data, std::int64_t n) {
        const std::int64_t at = std::find(data, data + n, 0) - data;
        return detail::Fault{at < n ? at : -1, 0};
      },
      detail::in<std::int64_t>(divisor), divisor.numel());
  if (zero.at >= 0)
    fail<ValueError>(
        "{}: element {} of the second argument, of shape {}, is 0, by which integers cannot be "
        "divided; convert one of the arguments with to(float32)",
        name, zero.at, b.shape());
}

}  // namespace

Tensor floor(Tensor x) { return rounded_by<formula::Floor>(std::move(x)); }
Tensor ceil(Tensor x) { return rounded_by<formula::Ceil>(std::move(x)); }
Tensor round(Tensor x) { return rounded_by<formula::Round>(std::move(x)); }
Tensor trunc(Tensor x) { return rounded_by<formula::Trunc>(std::move(x)); }

Tensor fmod(const Tensor& a, const Tensor& b) {
  check_divisor(a, b, "fmod");
  return elementwise<formula::Fmod>(a, b);
}
Tensor remainder(const Tensor& a, const Tensor& b) {
  check_divisor(a, b, "remainder");
  return elementwise<formula::Remainder>(a, b);
}
Tensor floor_divide(const Tensor& a, const Tensor& b) {
  check_divisor(a, b, "floor_divide");
  return elementwise<formula::FloorDivide>(a, b);
}

Tensor div(const Tensor& a, const Tensor& b, Rounding rounding_mode) {
  if (rounding_mode == Rounding::none) return div(a, b);
  check_divisor(a, b, "div");
  if (rounding_mode == Rounding::floor) return elementwise<formula::FloorDivide>(a, b);
  if (is_floating_point(result_type(a, b))) return trunc(div(a, b));
  return elementwise<formula::FloorDivide>(a - elementwise<formula::Fmod>(a, b), b);
}

}  // namespace tapegrad
