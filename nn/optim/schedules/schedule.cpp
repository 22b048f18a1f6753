#include "nn/optim/schedules/schedule.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <numbers>
#include <string>

#include "autograd/base/fail.h"
#include "autograd/base/warning.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "nn/module/loaded_state.h"
#include "nn/optim/schedules/settings_guard.h"

namespace tapegrad::nn {

namespace {

void check_at_least_one(std::string_view schedule, std::string_view name, std::int64_t value) {
  if (value < 1) fail<ValueError>("{}: {} must be at least 1, but is {}", schedule, name, value);
}

void check_not_negative(std::string_view schedule, std::string_view name, double value) {
  if (!(value >= 0) || std::isinf(value))
    fail<ValueError>("{}: {} must be finite and at least 0, but is {}", schedule, name, value);
}

constexpr std::string_view kSchedules = "schedule";

std::string driven_key(std::string_view setting, std::size_t group) {
  return fmt::format("{}.{}", setting, group);
}

/// Of a first step before that of the optimizer. The step is done: without memory nothing is said.
void warn_early(std::string_view schedule) {
  std::string text;
  try {
    text = fmt::format(
        "{}: step() before the first step of the optimizer, so that the first learning rate is "
        "never used: call schedule.step() after optimizer.step()",
        schedule);
  } catch (const std::bad_alloc&) {
    return;
  }
  warn(text);
}

}  // namespace

Schedule::Schedule(std::string_view kind, Optimizer& optimizer)
    : kind_(kind), optimizer_(optimizer) {
  note_initial();
}

void Schedule::note_initial() {
  for (std::size_t group = 0; group < optimizer_.group_count(); ++group)
    optimizer_.initial_lr(group);
}

void Schedule::apply() {
  for (std::size_t group = 0; group < optimizer_.group_count(); ++group) {
    optimizer_.set_lr(next(group, optimizer_.lr(group)), group);
    also(group);
  }
}

void Schedule::step() try {
  check(last_epoch_ + 1);
  note_initial();  // of groups that were added since
  detail::SettingsGuard guard(optimizer_);
  ++last_epoch_;
  try {
    apply();
  } catch (...) {
    --last_epoch_;
    throw;
  }
  guard.done = true;
  if (last_epoch_ == 1 && optimizer_.waits_for_first_step()) warn_early(kind_);
} catch (...) {
  tapegrad::detail::rethrow_for(kind_);
}

StateDict Schedule::state() const {
  StateDict list = detail::state_of(kSchedules, kind_);
  detail::add_options(list, options());
  list.push_back({"last_epoch", tensor(last_epoch_)});
  for (std::size_t group = 0; group < optimizer_.group_count(); ++group) {
    for (const std::string_view name : driven_)
      list.push_back({driven_key(name, group), tensor(optimizer_.setting(name, group), float64)});
  }
  return list;
}

void Schedule::load_state(const StateDict& state) { prepare_load(state, true)(); }

std::function<void()> Schedule::prepare_load(const StateDict& state, bool rates) {
  detail::LoadedState loaded(kSchedules, kind_, state);
  loaded.require_options(options());
  const std::int64_t epoch = loaded.require_count("last_epoch");
  std::vector<double> values;
  for (std::size_t group = 0; group < optimizer_.group_count(); ++group) {
    for (const std::string_view name : driven_)
      values.push_back(loaded.require_number(driven_key(name, group)));
  }
  loaded.finish();
  check(epoch);
  const auto for_each = [this](const std::vector<double>& list, auto use) {
    auto value = list.begin();
    for (std::size_t group = 0; group < optimizer_.group_count(); ++group)
      for (const std::string_view name : driven_) use(name, *value++, group);
  };
  if (!rates) return [this, epoch] { last_epoch_ = epoch; };
  for_each(values, [this](auto... setting) { optimizer_.check_setting(setting...); });
  return [this, for_each, values, epoch] {
    for_each(values, [this](auto... setting) { optimizer_.set_setting(setting...); });
    last_epoch_ = epoch;
  };
}

StepLR::StepLR(Optimizer& optimizer, StepLROptions options)
    : Schedule("StepLR", optimizer), options_(options) {
  check_at_least_one("StepLR", "step_size", options.step_size);
  check_not_negative("StepLR", "gamma", options.gamma);
}

std::vector<detail::Option> StepLR::options() const {
  return {{"step_size", options_.step_size}, {"gamma", options_.gamma}};
}

double StepLR::next(std::size_t, double lr) const {
  return last_epoch() % options_.step_size == 0 ? lr * options_.gamma : lr;
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, MultiStepLROptions options)
    : Schedule("MultiStepLR", optimizer), options_(std::move(options)) {
  for (const std::int64_t milestone : options_.milestones)
    check_at_least_one("MultiStepLR", "a milestone", milestone);
  check_not_negative("MultiStepLR", "gamma", options_.gamma);
  std::ranges::sort(options_.milestones);  // their order means nothing, to the state neither
}

std::vector<detail::Option> MultiStepLR::options() const {
  return {{"milestones", options_.milestones}, {"gamma", options_.gamma}};
}

double MultiStepLR::next(std::size_t, double lr) const {
  const auto times = std::ranges::count(options_.milestones, last_epoch());
  return lr * std::pow(options_.gamma, static_cast<double>(times));
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, ExponentialLROptions options)
    : Schedule("ExponentialLR", optimizer), options_(options) {
  check_not_negative("ExponentialLR", "gamma", options.gamma);
}

std::vector<detail::Option> ExponentialLR::options() const { return {{"gamma", options_.gamma}}; }

double ExponentialLR::next(std::size_t, double lr) const { return lr * options_.gamma; }

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, CosineAnnealingLROptions options)
    : Schedule("CosineAnnealingLR", optimizer), options_(options) {
  check_at_least_one("CosineAnnealingLR", "T_max", options.T_max);
  check_not_negative("CosineAnnealingLR", "eta_min", options.eta_min);
}

std::vector<detail::Option> CosineAnnealingLR::options() const {
  return {{"T_max", options_.T_max}, {"eta_min", options_.eta_min}};
}

double CosineAnnealingLR::next(std::size_t group, double lr) const {
  const std::int64_t period = options_.T_max;
  const double bottom = options_.eta_min;
  const std::int64_t t = last_epoch();
  const auto height = [period](std::int64_t epoch) {
    return 1 +
           std::cos(std::numbers::pi * static_cast<double>(epoch) / static_cast<double>(period));
  };
  // At the bottom the quotient below would be 0 / 0 one step later, so the way up starts afresh.
  if ((t - 1) % (2 * period) == period)
    return lr + (optimizer().initial_lr(group) - bottom) * height(period - 1) / 2;
  return height(t) / height(t - 1) * (lr - bottom) + bottom;
}

LinearLR::LinearLR(Optimizer& optimizer, LinearLROptions options)
    : Schedule("LinearLR", optimizer), options_(options) {
  if (!(options.start_factor > 0 && options.start_factor <= 1))
    fail<ValueError>("LinearLR: start_factor must be in (0, 1], but is {}", options.start_factor);
  if (!(options.end_factor >= 0 && options.end_factor <= 1))
    fail<ValueError>("LinearLR: end_factor must be in [0, 1], but is {}", options.end_factor);
  check_at_least_one("LinearLR", "total_iters", options.total_iters);
  start();
}

std::vector<detail::Option> LinearLR::options() const {
  return {{"start_factor", options_.start_factor},
          {"end_factor", options_.end_factor},
          {"total_iters", options_.total_iters}};
}

double LinearLR::next(std::size_t, double lr) const {
  const auto [first, last, total] = options_;
  const std::int64_t t = last_epoch();
  if (t == 0) return lr * first;
  if (t > total) return lr;
  const double step = last - first;
  return lr * (1 + step / (static_cast<double>(total) * first + static_cast<double>(t - 1) * step));
}

}  // namespace tapegrad::nn
