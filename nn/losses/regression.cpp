#include <algorithm>
#include <limits>

#include "autograd/base/fail.h"
#include "nn/losses/common.h"
#include "nn/losses/losses.h"

namespace tapegrad::nn {

Tensor mse_loss(const Tensor& input, const Tensor& target, const LossOptions& options) {
  const LossPair pair("mse_loss", input, target, options.broadcast);
  return reduce(square(pair.input - pair.target), options.reduction);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, const LossOptions& options) {
  const LossPair pair("l1_loss", input, target, options.broadcast);
  return reduce(abs(pair.input - pair.target), options.reduction);
}

namespace {

/// The largest or smallest positive number of `dtype`: options are doubles, the elements may be
/// float32.
double largest(DType dtype) {
  return dtype == float32 ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
}
double smallest(DType dtype) {
  return dtype == float32 ? std::numeric_limits<float>::min() : std::numeric_limits<double>::min();
}

/// (x - y)^2 / (2 beta) without the square, which may leave the range where the loss does not; else
/// as `huber`.
Tensor smooth_l1(const Tensor& d, double beta) {
  beta = std::min(beta, largest(d.dtype()));
  const Tensor c = clamp(d, -beta, beta);
  return 0.5 * c * (c / beta) + abs(d - c);
}

/// Huber's function without branches: c^2 / 2 + delta |d - c|, where c is d limited to [-delta,
/// delta]. So nothing of a branch not taken leaks into a gradient, and at |d| = delta the limit
/// lets the gradient pass while |d - c| has gradient 0.
Tensor huber(const Tensor& d, double delta) {
  delta = std::min(delta, largest(d.dtype()));  // inf * 0 would be NaN
  const Tensor c = clamp(d, -delta, delta);
  return 0.5 * square(c) + delta * abs(d - c);
}

}  // namespace

Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberOptions& options) {
  if (!(options.delta > 0)) {
    fail<ValueError>("huber_loss: delta must be above 0, got {}", options.delta);
  }
  const LossPair pair("huber_loss", input, target, options.broadcast);
  return reduce(huber(pair.input - pair.target, options.delta), options.reduction);
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, const SmoothL1Options& options) {
  const double beta = options.beta;
  if (!(beta >= 0)) fail<ValueError>("smooth_l1_loss: beta must be at least 0, got {}", beta);
  const LossPair pair("smooth_l1_loss", input, target, options.broadcast);
  const Tensor d = pair.input - pair.target;
  return reduce(beta < smallest(d.dtype()) ? abs(d) : smooth_l1(d, beta), options.reduction);
}

}  // namespace tapegrad::nn
