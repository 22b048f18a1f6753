#include "nn/schedule_plateau.h"

#include <algorithm>
#include <limits>

#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"

namespace tapegrad::nn {

using Mode = ReduceLROnPlateauOptions::Mode;
using Threshold = ReduceLROnPlateauOptions::Threshold;

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options)
    : optimizer_(optimizer),
      options_(options),
      best_(options.mode == Mode::min ? std::numeric_limits<double>::infinity()
                                      : -std::numeric_limits<double>::infinity()) {
  if (!(options.factor >= 0 && options.factor < 1))
    fail<ValueError>("ReduceLROnPlateau: factor must be in [0, 1), but is {}", options.factor);
  const std::pair<const char*, double> not_negative[] = {
      {"patience", static_cast<double>(options.patience)},
      {"threshold", options.threshold},
      {"cooldown", static_cast<double>(options.cooldown)},
      {"min_lr", options.min_lr},
      {"eps", options.eps}};
  for (const auto& [name, value] : not_negative)
    if (!(value >= 0))
      fail<ValueError>("ReduceLROnPlateau: {} must be at least 0, but is {}", name, value);
}

bool ReduceLROnPlateau::better(double metric) const {
  const double sign = options_.mode == Mode::min ? -1 : 1;
  const double needed = options_.threshold_mode == Threshold::rel
                            ? best_ * (1 + sign * options_.threshold)
                            : best_ + sign * options_.threshold;
  return options_.mode == Mode::min ? metric < needed : metric > needed;
}

void ReduceLROnPlateau::step(double metric) {
  if (better(metric)) {
    best_ = metric;
    bad_epochs_ = 0;
  } else {
    ++bad_epochs_;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    bad_epochs_ = 0;
  }
  if (bad_epochs_ <= options_.patience) return;
  for (std::size_t group = 0; group < optimizer_.group_count(); ++group) {
    const double lr = optimizer_.lr(group);
    const double reduced = std::max(lr * options_.factor, options_.min_lr);
    if (lr - reduced > options_.eps) optimizer_.set_lr(reduced, group);
  }
  cooldown_left_ = options_.cooldown;
  bad_epochs_ = 0;
}

StateDict ReduceLROnPlateau::state() const {
  return {{"best", tensor(best_, float64)},
          {"bad_epochs", tensor(bad_epochs_)},
          {"cooldown_left", tensor(cooldown_left_)}};
}

void ReduceLROnPlateau::load_state(const StateDict& state) {
  if (state.size() != 3 || state[0].name != "best" || state[1].name != "bad_epochs" ||
      state[2].name != "cooldown_left")
    fail<ValueError>(
        "ReduceLROnPlateau: the state must be 'best', 'bad_epochs' and 'cooldown_left'");
  const auto best = state[0].value.item();
  const auto bad_epochs = state[1].value.item<std::int64_t>();
  const auto cooldown_left = state[2].value.item<std::int64_t>();
  best_ = best;
  bad_epochs_ = bad_epochs;
  cooldown_left_ = cooldown_left;
}

}  // namespace tapegrad::nn
