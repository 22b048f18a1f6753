#include "nn/optim/clip.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"

namespace tapegrad::nn {

namespace {

double largest(const Tensor& grad) { return grad.numel() == 0 ? 0 : amax(abs(grad)).item(); }

double norm_now(const Tensor& grad, double p) {
  if (std::isinf(p)) return largest(grad);
  const auto sum_of_powers = [p](const Tensor& x) {
    return (p == 2 ? square(x) : p == 1 ? abs(x) : pow(abs(x), p)).sum().item();
  };
  const auto root = [p](double sum) {
    return p == 2 ? std::sqrt(sum) : p == 1 ? sum : std::pow(sum, 1 / p);
  };
  // Most norms are near 1, and powers of their elements neither overflow nor vanish. Where they do,
  // the elements are divided by the largest first. Judged by the sum of the powers: with a large p
  // that has lost its digits where the norm looks harmless.
  const double sum = sum_of_powers(grad);
  const bool safe =
      grad.dtype() == float64 ? sum > 1e-280 && sum < 1e300 : sum > 1e-30 && sum < 1e37;
  if (safe || std::isnan(sum)) return root(sum);
  const double scale = largest(grad);
  return scale == 0 || std::isinf(scale) ? scale : scale * root(sum_of_powers(grad / scale));
}

// Watched as one call, since the infinities within it are none of its result.
double norm_of(const Tensor& grad, double p) {
  if (!tapegrad::detail::watched()) return norm_now(grad, p);
  double norm = 0;
  tapegrad::detail::watched_call(
      {"clip_grad_norm_", nullptr, nullptr, std::array<const Tensor*, 1>{&grad}},
      [&] { norm = norm_now(grad, p); });
  return norm;
}

// The norm of a list of norms, safe from overflow in the same way.
double combine(const std::vector<double>& norms, double p) {
  double scale = 0;
  for (const double norm : norms) {
    if (std::isnan(norm)) return norm;
    scale = std::max(scale, norm);
  }
  if (std::isinf(p) || scale == 0 || std::isinf(scale)) return scale;
  double sum = 0;
  for (const double norm : norms) sum += std::pow(norm / scale, p);
  return scale * std::pow(sum, 1 / p);
}

}  // namespace

double clip_grad_norm_(const std::vector<Parameter>& parameters, double max_norm, double norm_type,
                       Flag error_if_nonfinite) try {
  if (!(max_norm >= 0))
    fail<ValueError>("clip_grad_norm_: max_norm must be at least 0, but is {}", max_norm);
  if (!(norm_type > 0))
    fail<ValueError>("clip_grad_norm_: norm_type must be above 0, but is {}", norm_type);
  const NoGrad no_grad;
  std::vector<double> norms;
  for (const auto& [name, value] : parameters) {
    const Tensor grad = value.grad();
    if (!grad.defined()) continue;
    norms.push_back(norm_of(grad, norm_type));
    if (error_if_nonfinite && !std::isfinite(norms.back()))
      fail<ValueError>("clip_grad_norm_: the gradient of '{}' has a norm of {}", name,
                       norms.back());
  }
  const double total = combine(norms, norm_type);
  const double scale = max_norm / (total + 1e-6);
  if (!(scale >= 1)) {
    // Made before the first gradient changes: with these a multiplication takes no memory.
    const Tensor by32 = full({}, scale, float32), by64 = full({}, scale, float64);
    for (const auto& [name, value] : parameters) {
      Tensor grad = value.grad();
      if (grad.defined()) grad.mul_(grad.dtype() == float32 ? by32 : by64);
    }
  }
  return total;
} catch (...) {
  tapegrad::detail::rethrow_for("clip_grad_norm_");
}

void clip_grad_value_(const std::vector<Parameter>& parameters, double clip_value) {
  if (!(clip_value >= 0))
    fail<ValueError>("clip_grad_value_: clip_value must be at least 0, but is {}", clip_value);
  const NoGrad no_grad;
  for (const auto& [name, value] : parameters) {
    Tensor grad = value.grad();
    if (grad.defined()) grad.clamp_(-clip_value, clip_value);
  }
}

}  // namespace tapegrad::nn
