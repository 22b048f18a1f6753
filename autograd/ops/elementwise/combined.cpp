#include "autograd/ops/elementwise/combined.h"

#include <optional>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"

namespace tapegrad {

namespace {

/// A factor of a product that is computed in type `dtype`: `what` is "alpha", say.
struct TypedFactor {
  const Tensor& value;
  const char* what;
  const char* name;
  DType dtype;

  TypedFactor(const Tensor& number, const char* argument, const char* function, DType type)
      : value(number), what(argument), name(function), dtype(type) {
    if (value.dim() != 0)
      fail<ShapeError>("{}: {} must be a number, not a tensor of shape {}", name, what,
                       value.shape());
    if (is_floating_point(value.dtype()) && !is_floating_point(dtype))
      fail<DTypeError>(
          "{}: {} is {}, but the operands are {}, which the result would leave; convert one of "
          "them to a floating-point type",
          name, what, value.dtype(), dtype);
  }

  /// x times the factor.
  Tensor operator()(const Tensor& x) const {
    if (detail::number_in(value) == 1) return x;
    // Integers that are large would not all survive the default type.
    const Tensor typed = x.dtype() == dtype ? x : x.to(dtype);
    return typed * (dtype == boolean ? value.to(boolean) : value);
  }
};

TypedFactor factor_alpha(const Tensor& a, const Tensor& b, const Tensor& alpha, const char* name) {
  detail::require_defined(a, b, name);
  detail::require_defined(alpha, "alpha", name);
  return {alpha, "alpha", name, detail::result_type({&a, &b})};
}

TypedFactor factor_value(const Tensor& input, const Tensor& first, const Tensor& second,
                         const Tensor& value, const char* name) {
  detail::require_defined(input, "the first argument", name);
  detail::require_defined(first, "the second argument", name);
  detail::require_defined(second, "the third argument", name);
  detail::require_defined(value, "the value", name);
  return {value, "value", name, detail::result_type({&input, &first, &second})};
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b, const Tensor& alpha) {
  return a + factor_alpha(a, b, alpha, "add")(b);
}

Tensor sub(const Tensor& a, const Tensor& b, const Tensor& alpha) {
  return a - factor_alpha(a, b, alpha, "sub")(b);
}

Tensor addcmul(const Tensor& input, const Tensor& tensor1, const Tensor& tensor2,
               const Tensor& value) {
  const TypedFactor factor = factor_value(input, tensor1, tensor2, value, "addcmul");
  return input + factor(tensor1) * tensor2;
}

Tensor addcdiv(const Tensor& input, const Tensor& tensor1, const Tensor& tensor2,
               const Tensor& value) {
  const TypedFactor factor = factor_value(input, tensor1, tensor2, value, "addcdiv");
  if (!is_floating_point(tensor1.dtype()) && !is_floating_point(tensor2.dtype()))
    fail<DTypeError>(
        "addcdiv: the quotient is of {} and {}, but one must be floating-point; convert one with "
        "to(float32)",
        tensor1.dtype(), tensor2.dtype());
  return input + factor(tensor1) / tensor2;
}

Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight) {
  detail::require_defined(start, "the first argument", "lerp");
  detail::require_defined(end, "the second argument", "lerp");
  detail::require_defined(weight, "the weight", "lerp");
  const DType dtype = detail::result_type({&start, &end});
  if (!is_floating_point(dtype))
    fail<DTypeError>(
        "lerp: start and end must be floating-point, not {} and {}; convert one with "
        "to(float32)",
        start.dtype(), end.dtype());
  const Tensor way = end - start;
  if (const std::optional<double> number = detail::number_in(weight))
    return *number < 0.5 ? start + *number * way : end + (*number - 1) * way;
  const Tensor near = weight < 0.5;
  return where(near, start, end) + where(near, weight, weight - 1) * way;
}

}  // namespace tapegrad
