#include "nn/layers/norm/batch_norm.h"

#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"
#include "nn/module/layer_scope.h"
#include "nn/module/option_check.h"

namespace tapegrad::nn {

namespace {

/// True when a channel's squares have left the range of `T` or lost digits, or its mean is so large
/// beside the deviation that the mean's rounding matters.
template <class T>
bool loses_digits(const Tensor& mean, const Tensor& var, double eps) {
  using Limits = std::numeric_limits<T>;
  const Tensor all_means = tapegrad::detail::all_entries(mean);
  const Tensor all_vars = tapegrad::detail::all_entries(var);
  const auto means = all_means.data<T>(), vars = all_vars.data<T>();
  bool lost = false;
  for (std::size_t i = 0; i < vars.size(); ++i) {
    const T v = vars[i] + static_cast<T>(eps);
    lost |= !(v >= Limits::min() / Limits::epsilon() && v <= Limits::max() &&
              means[i] * means[i] < 64 * 64 * v);
  }
  return lost;
}

/// (x - mean) / sqrt(var + eps) over `dims`, from numbers that constants have brought near to that.
Tensor normalised_near_one(const Tensor& x, const Tensor& mean, const Dims& dims, double eps) {
  const double root = std::sqrt(eps);
  const Tensor deviation = maximum(tapegrad::std(x.detach(), dims, 0, true), root);
  const Tensor unit = where(deviation > 0, deviation, 1);
  const Tensor near = (x - mean.detach()) / unit;
  const Tensor var = tapegrad::var(near, dims, 0, true);
  return (near - tapegrad::mean(near, dims, true)) * rsqrt(var + square(root / unit));
}

}  // namespace

BatchNorm1d::BatchNorm1d(std::int64_t num_features, const BatchNormOptions& options)
    : num_features_(num_features), eps_(options.eps), momentum_(options.momentum) {
  tapegrad::detail::require_size(num_features, "num_features", "BatchNorm1d");
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
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
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
  const Dims others = x.dim() == 2 ? Dims{0} : Dims{0, 2};
  Tensor y = x, mean, var;
  if (by_batch && per_channel > 0) {
    mean = tapegrad::mean(x, others, true);
    var = tapegrad::var(x, others, 0, true);
  } else if (!by_batch) {
    mean = reshape(running_mean, per_channel_shape);
    var = reshape(running_var, per_channel_shape);
  }
  if (by_batch && mean.defined() &&
      (x.dtype() == float32 ? loses_digits<float>(mean, var, eps_)
                            : loses_digits<double>(mean, var, eps_))) {
    y = normalised_near_one(x, mean, others, eps_);
  } else if (mean.defined()) {
    y = (x - mean) * rsqrt(var + eps_);
  }
  if (weight.defined()) {
    y = y * reshape(weight, per_channel_shape) + reshape(bias, per_channel_shape);
  }
  if (training_ && running_mean.defined() && per_channel > 0) track(mean, var, per_channel);
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

/// Moves the running statistics towards those of a batch with `count` values per channel: all of
/// them, or, where there is no memory, none.
void BatchNorm1d::track(const Tensor& mean, const Tensor& var, std::int64_t count) const {
  const NoGrad no_grad;
  const Tensor batches = num_batches_tracked + 1;
  const double share = momentum_ ? *momentum_ : 1.0 / batches.item();
  const double unbiased = double(count) / double(count - 1);
  const auto moved = [share](const Tensor& running, const Tensor& batch) {
    Tensor next = running.clone();
    next.mul_(1 - share).add_(reshape(batch, running.shape()), share);
    return next;
  };
  const Tensor next_mean = moved(running_mean, mean), next_var = moved(running_var, var * unbiased);
  const auto put = [](Tensor into, const Tensor& value) { into.copy_(value); };
  put(num_batches_tracked, batches);
  put(running_mean, next_mean);
  put(running_var, next_var);
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
