#include "nn/train/lr_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/random.h"
#include "nn/module/state.h"

namespace tapegrad::nn {

namespace {

void check_find_lr(const FindLrOptions& options) {
  if (!(options.min_lr > 0) || !(options.max_lr > options.min_lr) || !std::isfinite(options.max_lr))
    fail<ValueError>(
        "find_lr: the rate goes from min_lr up to max_lr, both above 0, but they are {} "
        "and {}",
        options.min_lr, options.max_lr);
  if (options.steps < 2)
    fail<ValueError>("find_lr: steps must be at least 2, but is {}", options.steps);
  if (!(options.smoothing >= 0))
    fail<ValueError>("find_lr: smoothing must be at least 0, but is {}", options.smoothing);
  if (!(options.stop_ratio > 1))
    fail<ValueError>("find_lr: stop_ratio must be above 1, but is {}", options.stop_ratio);
}

/// What a search changes, to be given back.
class BeforeSearch {
 public:
  BeforeSearch(ModuleRef model, Optimizer& optimizer, detail::BatchSource& source)
      : model_(model),
        optimizer_(optimizer),
        source_(source),
        weights_(state_dict(model)),
        state_(optimizer.state()),
        place_(source.state()),
        generator_(default_generator()) {}

  void restore() const {
    zero_grad(model_);
    load_state_dict(model_, weights_);
    optimizer_.load_state(state_);
    source_.load_state(place_);
    default_generator() = generator_;
  }

 private:
  ModuleRef model_;
  Optimizer& optimizer_;
  detail::BatchSource& source_;
  StateDict weights_, state_, place_;
  Generator generator_;
};

}  // namespace

std::string LrCurve::csv() const {
  std::string text = "lr,loss\n";
  for (std::size_t i = 0; i < lr.size(); ++i) text += fmt::format("{},{}\n", lr[i], loss[i]);
  return text;
}

namespace {

/// Takes steps with a growing rate until the loss explodes, or there are enough. The losses are those
/// of the batches.
LrCurve follow(const std::function<Tensor(const Tensor&)>& forward, const BatchFunction& loss,
               Optimizer& optimizer, detail::BatchSource& source, const FindLrOptions& options) {
  LrCurve curve;
  bool more = true;
  const auto step = [&](const Tensor& inputs, const Tensor& targets) {
    const double share =
        static_cast<double>(curve.lr.size()) / static_cast<double>(options.steps - 1);
    const double lr = options.min_lr * std::pow(options.max_lr / options.min_lr, share);
    for (std::size_t group = 0; group < optimizer.group_count(); ++group)
      optimizer.set_lr(lr, group);
    optimizer.zero_grad();
    const Tensor found = loss(forward(inputs), targets);
    const double value = detail::checked_loss("find_lr", found);
    if (!std::isfinite(value)) return more = false;
    curve.lr.push_back(lr);
    curve.loss.push_back(value);
    found.backward();
    optimizer.step();
    more = std::ssize(curve.lr) < options.steps &&
           value <= curve.loss[0] + (options.stop_ratio - 1) * std::abs(curve.loss[0]);
    return more;
  };
  while (more) source.epoch(step);
  return curve;
}

/// Each loss as a mean of those around it, with weights that fall off as a bell (Gauss).
std::vector<double> smooth(const std::vector<double>& losses, double width) {
  std::vector<double> smoothed;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    double sum = 0, weights = 0;
    for (std::size_t j = 0; j < losses.size(); ++j) {
      const double away = (static_cast<double>(j) - static_cast<double>(i)) / width;
      const double weight = std::exp(-0.5 * away * away);
      sum += weight * losses[j];
      weights += weight;
    }
    smoothed.push_back(sum / weights);
  }
  return smoothed;
}

}  // namespace

LrCurve detail::find_lr(const std::function<Tensor(const Tensor&)>& forward, ModuleRef model,
                        const BatchFunction& loss, Optimizer& optimizer, BatchSource& source,
                        const FindLrOptions& options) {
  check_find_lr(options);
  if (source.batches() == 0) fail<ValueError>("find_lr: the loader has no batches");
  const BeforeSearch before(model, optimizer, source);
  try {
    LrCurve curve = follow(forward, loss, optimizer, source, options);
    before.restore();
    curve.loss = smooth(curve.loss, std::max(options.smoothing, 1e-3));
    const auto lowest = std::ranges::min_element(curve.loss);
    curve.suggestion = curve.loss.empty() || lowest == curve.loss.begin()
                           ? std::numeric_limits<double>::quiet_NaN()
                           : curve.lr[static_cast<std::size_t>(lowest - curve.loss.begin())] / 10;
    return curve;
  } catch (...) {
    before.restore();
    throw;
  }
}

}  // namespace tapegrad::nn
