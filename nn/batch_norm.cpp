#include "nn/batch_norm.h"

#include <cmath>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"
#include "nn/layer_scope.h"
#include "nn/option_check.h"

namespace tapegrad::nn {

namespace {

/// 1 / sqrt(deviation^2 + eps), without a square that leaves the range.
Tensor inverse_deviation(const Tensor& deviation, double eps) {
  const double root = std::sqrt(eps);
  const Tensor larger = maximum(deviation.detach(), root);
  const Tensor scale = where(larger == 0, 1, larger);
  return 1 / (scale * sqrt(square(deviation / scale) + square(root / scale)));
}

}  // namespace

BatchNorm1d::BatchNorm1d(std::int64_t num_features, const BatchNormOptions& options)
    : num_features_(num_features), eps_(options.eps), momentum_(options.momentum) {
  if (num_features < 0) {
    fail<ValueError>("BatchNorm1d: the number of features must not be negative, got {}",
                     num_features);
  }
  detail::check_not_negative("BatchNorm1d", "eps", eps_);
  if (momentum_ && !(*momentum_ >= 0 && *momentum_ <= 1)) {
    fail<ValueError>("BatchNorm1d: momentum must be in [0, 1], or std::nullopt, but is {}",
                     *momentum_);
  }
  if (options.affine) {
    weight = ones(num_features, options.dtype).requires_grad_();
    bias = zeros(num_features, options.dtype).requires_grad_();
  }
  if (options.track_running_stats) {
    running_mean = zeros(num_features, options.dtype);
    running_var = ones(num_features, options.dtype);
    num_batches_tracked = zeros({}, int64);
  }
}

Tensor BatchNorm1d::operator()(const Tensor& x) const {
  const LayerScope scope(path());
  check(x);
  const bool by_batch = training_ || !running_mean.defined();
  const std::int64_t per_channel = num_features_ == 0 ? 0 : x.numel() / num_features_;
  if (by_batch && per_channel == 1) {
    fail<ValueError>(
        "BatchNorm1d: one value per channel has no variance, so a batch of shape {} cannot be "
        "used in training; use a larger batch, or eval()",
        x.shape());
  }

  const Shape per_channel_shape =
      x.dim() == 2 ? Shape{1, num_features_} : Shape{1, num_features_, 1};
  Tensor y = x, mean, deviation;
  if (by_batch && per_channel > 0) {
    const Dims others = x.dim() == 2 ? Dims{0} : Dims{0, 2};
    mean = tapegrad::mean(x, others, true);
    // Not by the variance: its squares may leave the range.
    deviation = tapegrad::std(x, others, 0, true);
    y = (x - mean) * inverse_deviation(deviation, eps_);
  } else if (!by_batch) {
    y = (x - reshape(running_mean, per_channel_shape)) *
        rsqrt(reshape(running_var, per_channel_shape) + eps_);
  }
  if (weight.defined()) {
    y = y * reshape(weight, per_channel_shape) + reshape(bias, per_channel_shape);
  }
  if (training_ && running_mean.defined() && per_channel > 0)
    track(mean, square(deviation), per_channel);
  return y;
}

void BatchNorm1d::check(const Tensor& x) const {
  if (x.dim() != 2 && x.dim() != 3) {
    fail<ShapeError>("BatchNorm1d: the input must be [N, {0}] or [N, {0}, L], got {1}",
                     num_features_, x.shape());
  }
  if (x.size(1) != num_features_) {
    fail<ShapeError>("BatchNorm1d: the layer was made for {} channels, but the input {} has {}",
                     num_features_, x.shape(), x.size(1));
  }
}

/// Moves the running statistics towards those of a batch with `count` values per channel.
void BatchNorm1d::track(const Tensor& mean, const Tensor& var, std::int64_t count) const {
  const NoGrad no_grad;
  Tensor batches = num_batches_tracked;
  batches.add_(1);
  const double share = momentum_ ? *momentum_ : 1.0 / batches.item();
  const double unbiased = double(count) / double(count - 1);
  const auto move = [share](Tensor running, const Tensor& batch) {
    running.mul_(1 - share).add_(reshape(batch, running.shape()), share);
  };
  move(running_mean, mean);
  move(running_var, var * unbiased);
}

void BatchNorm1d::visit(Visitor& f) {
  NamedLayer::visit(f);
  f("weight", weight);
  f("bias", bias);
  f.buffer("running_mean", running_mean);
  f.buffer("running_var", running_var);
  f.buffer("num_batches_tracked", num_batches_tracked);
  f.training(training_);
}

std::string BatchNorm1d::describe() const {
  return fmt::format("BatchNorm1d({}, eps={}, momentum={}, affine={}, track_running_stats={})",
                     num_features_, eps_, momentum_ ? fmt::format("{}", *momentum_) : "none",
                     weight.defined(), running_mean.defined());
}

}  // namespace tapegrad::nn
