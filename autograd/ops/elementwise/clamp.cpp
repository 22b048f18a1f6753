#include <limits>
#include <optional>

#include "autograd/base/fail.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::elementwise;

namespace {

/// Clamp with tensor bounds: inside and at the bounds x has the gradient, outside the bound that
/// holds. Where min > max the result is max, which then has the gradient.
struct ClampTensor {
  static constexpr const char* name = "clamp_tensor";
  static constexpr Sparsity sparsity = Sparsity::elementwise;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr bool symmetric = true;
  static constexpr const char* onnx = "y = Min(Max(a, b), c)";
  static constexpr Reads reads[] = {kA | kB | kC, kA | kB | kC, kA | kB | kC};
  static Tensor forward(const Tensor& x, const Tensor& low, const Tensor& high) {
    return minimum(maximum(x, low), high);
  }
  static Tensor vjp_a(const Tensor& g, const Tensor& x, const Tensor& low, const Tensor& high,
                      auto) {
    return where((x >= low) & (x <= high), g, 0);
  }
  static Tensor vjp_b(const Tensor& g, const Tensor& x, const Tensor& low, const Tensor& high,
                      auto) {
    return where((x < low) & (low <= high), g, 0);
  }
  static Tensor vjp_c(const Tensor& g, const Tensor& x, const Tensor& low, const Tensor& high,
                      auto) {
    return where((x > high) | (low > high), g, 0);
  }
};

}  // namespace

Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max) {
  detail::require_defined(x, "clamp");
  constexpr double inf = std::numeric_limits<double>::infinity();
  if (!min.defined() && !max.defined())
    fail<ValueError>("clamp: neither a minimum nor a maximum was given");
  const std::optional<double> low = min.defined() ? detail::number_in(min) : -inf;
  const std::optional<double> high = max.defined() ? detail::number_in(max) : inf;
  const DType dtype =
      detail::result_type({&x, min.defined() ? &min : &x, max.defined() ? &max : &x});
  if (low && high && is_floating_point(dtype)) {
    const Tensor y = elementwise(x.to(dtype), formula::Clamp{*low, *high});
    return detail::is_number(x) ? detail::as_number(y) : y;
  }
  for (const Tensor* bound : {&min, &max}) {
    if (bound->defined()) detail::broadcast(x.shape(), bound->shape(), "clamp");
  }
  if (!is_floating_point(dtype)) {
    const Tensor above = min.defined() ? maximum(x, min) : x;
    return max.defined() ? minimum(above, max) : above;
  }
  return apply(ClampTensor{}, x.to(dtype), min.defined() ? min.to(dtype) : full({}, -inf, dtype),
               max.defined() ? max.to(dtype) : full({}, inf, dtype));
}

// ---- Proof -------------------------------------------------------------------------------------

OperatorInfo detail::clamp_tensor_cases() {
  Draw draw;
  const auto limit = [](const Inputs& in) { return clamp(in[0], in[1], in[2]); };
  const formula::Samples low{-1, -0.5}, high{0.5, 1};
  const Tensor constant = draw({4}, low).detach();
  return {"clamp_tensor",
          {{"equal shapes", {draw({3, 4}), draw({3, 4}, low), draw({3, 4}, high)}, limit},
           {"row and column", {draw({3, 4}), constant, draw({3, 1}, high)}, limit},
           {"numbers", {draw({3, 4}), draw({}, low), draw({}, high)}, limit},
           {"larger bounds", {draw({4}), draw({3, 1}, low), draw({3, 4}, high)}, limit}}};
}

}  // namespace tapegrad
