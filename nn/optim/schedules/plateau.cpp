#include "nn/optim/schedules/plateau.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "nn/module/loaded_state.h"
#include "nn/optim/schedules/settings_guard.h"

namespace tapegrad::nn {

using Mode = ReduceLROnPlateauOptions::Mode;

namespace {
constexpr std::string_view kModes[] = {"min", "max"};
constexpr std::string_view kThresholds[] = {"rel", "abs"};
}  // namespace

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
  // By a share of the size of the best: a share of the best itself would have the wrong sign below
  // 0. Before the first figure the best is infinite, and a share of that is no number.
  const double margin = options_.threshold_mode == ReduceLROnPlateauOptions::Threshold::abs
                            ? options_.threshold
                        : std::isfinite(best_) ? options_.threshold * std::abs(best_)
                                               : 0;
  return options_.mode == Mode::min ? metric < best_ - margin : metric > best_ + margin;
}

void ReduceLROnPlateau::step(double metric) try {
  detail::SettingsGuard guard(optimizer_);
  const std::tuple before(best_, bad_epochs_, cooldown_left_);
  try {
    follow(metric);
  } catch (...) {
    std::tie(best_, bad_epochs_, cooldown_left_) = before;
    throw;
  }
  guard.done = true;
} catch (...) {
  tapegrad::detail::rethrow_for("ReduceLROnPlateau");
}

void ReduceLROnPlateau::follow(double metric) {
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

std::vector<detail::Option> ReduceLROnPlateau::options() const {
  const ReduceLROnPlateauOptions& o = options_;
  return {{"mode", o.mode, kModes},
          {"factor", o.factor},
          {"patience", o.patience},
          {"threshold", o.threshold},
          {"threshold_mode", o.threshold_mode, kThresholds},
          {"cooldown", o.cooldown},
          {"min_lr", o.min_lr},
          {"eps", o.eps}};
}

StateDict ReduceLROnPlateau::state() const {
  StateDict list = detail::state_of("schedule", "ReduceLROnPlateau");
  detail::add_options(list, options());
  list.push_back({"best", tensor(best_, float64)});
  list.push_back({"bad_epochs", tensor(bad_epochs_)});
  list.push_back({"cooldown_left", tensor(cooldown_left_)});
  return list;
}

void ReduceLROnPlateau::load_state(const StateDict& state) { prepare_load(state)(); }

std::function<void()> ReduceLROnPlateau::prepare_load(const StateDict& state) {
  detail::LoadedState loaded("schedule", "ReduceLROnPlateau", state);
  loaded.require_options(options());
  const double best = loaded.require_number("best");
  const std::int64_t bad_epochs = loaded.require_count("bad_epochs");
  const std::int64_t cooldown_left = loaded.require_count("cooldown_left");
  if (loaded.fits() && std::isnan(best)) loaded.misfit<ValueError>("the state's best is NaN");
  loaded.finish();
  return [=, this] {
    best_ = best;
    bad_epochs_ = bad_epochs;
    cooldown_left_ = cooldown_left;
  };
}

}  // namespace tapegrad::nn
