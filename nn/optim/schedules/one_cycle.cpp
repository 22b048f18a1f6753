#include "nn/optim/schedules/one_cycle.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/base/fail.h"

namespace tapegrad::nn {

namespace {

constexpr std::string_view kAnneals[] = {"cos", "linear"};

void check_positive(std::string_view name, double value) {
  if (!(value > 0) || std::isinf(value))
    fail<ValueError>("OneCycleLR: {} must be finite and above 0, but is {}", name, value);
}

void check_momentum(std::string_view name, double value) {
  if (!(value >= 0 && value < 1))
    fail<ValueError>("OneCycleLR: {} must be in [0, 1), but is {}", name, value);
}

}  // namespace

OneCycleLR::OneCycleLR(Optimizer& optimizer, OneCycleLROptions options)
    : Schedule("OneCycleLR", optimizer), options_(options) {
  check_positive("max_lr", options.max_lr);
  check_positive("div_factor", options.div_factor);
  check_positive("final_div_factor", options.final_div_factor);
  check_momentum("base_momentum", options.base_momentum);
  check_momentum("max_momentum", options.max_momentum);
  if (options.total_steps < 1)
    fail<ValueError>("OneCycleLR: total_steps must be at least 1, but is {}", options.total_steps);
  if (!(options.pct_start >= 0 && options.pct_start <= 1))
    fail<ValueError>("OneCycleLR: pct_start must be in [0, 1], but is {}", options.pct_start);
  if (options.cycle_momentum) {
    momentum_ = optimizer.has_setting("momentum") ? "momentum" : "beta1";
    if (!optimizer.has_setting(momentum_))
      fail<ValueError>(
          "OneCycleLR: this optimizer has no momentum to cycle; set cycle_momentum to false");
    drive(momentum_);
  }

  const double total = static_cast<double>(options.total_steps);
  const double top = options.max_lr;
  const double first = top / options.div_factor;
  const double last = first / options.final_div_factor;
  const double low = options.base_momentum;
  const double high = options.max_momentum;
  const double up = options.pct_start * total;
  phases_.push_back({up - 1, first, top, high, low});
  if (options.three_phase) {
    phases_.push_back({2 * up - 2, top, first, low, high});
    phases_.push_back({total - 1, first, last, high, high});
  } else {
    phases_.push_back({total - 1, top, last, low, high});
  }
  start();
}

std::pair<const OneCycleLR::Phase*, double> OneCycleLR::now() const {
  const double step = static_cast<double>(last_epoch());
  double start = 0;
  const Phase* phase = &phases_.front();
  while (phase != &phases_.back() && step > phase->end_step) start = (phase++)->end_step;
  // A phase without steps has ended; and loops that step after their last batch stay at the end,
  // where PyTorch goes on beyond it.
  const double length = phase->end_step - start;
  return {phase, length == 0 ? 1 : std::min((step - start) / length, 1.0)};
}

double OneCycleLR::anneal(double start, double end, double share) const {
  if (options_.anneal_strategy == OneCycleLROptions::Anneal::linear)
    return start + (end - start) * share;
  return end + (start - end) / 2 * (std::cos(std::numbers::pi * share) + 1);
}

double OneCycleLR::next(std::size_t, double) const {
  const auto [phase, share] = now();
  return anneal(phase->start_lr, phase->end_lr, share);
}

std::vector<detail::Option> OneCycleLR::options() const {
  const OneCycleLROptions& o = options_;
  return {{"max_lr", o.max_lr},
          {"total_steps", o.total_steps},
          {"pct_start", o.pct_start},
          {"anneal_strategy", o.anneal_strategy, kAnneals},
          {"cycle_momentum", o.cycle_momentum},
          {"base_momentum", o.base_momentum},
          {"max_momentum", o.max_momentum},
          {"div_factor", o.div_factor},
          {"final_div_factor", o.final_div_factor},
          {"three_phase", o.three_phase}};
}

void OneCycleLR::also(std::size_t group) {
  if (!options_.cycle_momentum) return;
  const auto [phase, share] = now();
  optimizer().set_setting(momentum_, anneal(phase->start_momentum, phase->end_momentum, share),
                          group);
}

void OneCycleLR::check(std::int64_t epoch) const {
  if (epoch > options_.total_steps)
    fail<ValueError>("OneCycleLR: step {} is past the total_steps of {}", epoch,
                     options_.total_steps);
}

}  // namespace tapegrad::nn
