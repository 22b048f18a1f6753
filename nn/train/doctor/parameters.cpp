#include "nn/train/doctor/parameters.h"

#include <algorithm>

#include "autograd/base/fail.h"
#include "nn/optim/core/step_watch.h"

namespace tapegrad::nn::detail {

namespace {

/// The optimizer warns after as many.
constexpr std::int64_t kWithoutGradient = 20;
/// Some loops drop gradients before the step ends, so that a step without says nothing by itself.
constexpr int kLooks = 8;
constexpr std::size_t kNamesTold = 3;

}  // namespace

std::vector<SeenParameter> seen_parameters(ModuleRef model,
                                           const std::vector<const Optimizer*>& optimizers) {
  std::vector<SeenParameter> all;
  for (Parameter& parameter : parameters(model)) all.push_back({std::move(parameter), false, 0});
  std::size_t number = 0;
  for (const Optimizer* optimizer : optimizers) {
    for (std::size_t group = 0; group < optimizer->group_count(); ++group, ++number) {
      for (const Parameter& held : optimizer->parameters(group)) {
        const auto found = std::ranges::find_if(
            all, [&](const SeenParameter& each) { return each.value().is_same(held.value); });
        if (found == all.end()) continue;
        found->held = true;
        found->group = number;
      }
    }
  }
  return all;
}

void ParameterCheck::begin(const WatchedStep& step) {
  Names names(kNamesTold);
  int count = 0;
  for (const SeenParameter& each : step.parameters) {
    if (!each.value().requires_grad()) continue;
    if (step.number == 1 && each.held) waiting_.push_back(each.parameter);
    if (each.held) continue;
    ++count;
    names.add(each.name());
  }
  if (count == 0) return;
  findings_.add(Finding::Kind::not_in_optimizer, names.text(), step.number,
                fmt::format("No optimizer holds {}.", names.text()),
                count == 1 ? "It requires a gradient, but no step will ever change it."
                           : "They require gradients, but no step will ever change them.",
                "Make the optimizer from nn::parameters(model), again where a part of the "
                "model was replaced, name a second one by Doctor::add, or freeze() what is "
                "not to be trained.");
}

void ParameterCheck::updated(const Updated& updated) {
  std::erase_if(waiting_, [&](const Parameter& each) {
    return each.value.is_same(updated.parameter.value());
  });
}

void ParameterCheck::step_ended(std::int64_t step) {
  if (waiting_.empty()) return;
  std::erase_if(waiting_, [](const Parameter& each) {
    return each.value.grad().defined() || !each.value.requires_grad();
  });
  if (step < kWithoutGradient || looks_ < kLooks || waiting_.empty()) return;
  Names names(kNamesTold);
  for (const Parameter& each : waiting_) names.add(each.name);
  waiting_.clear();
  findings_.add(Finding::Kind::no_gradient, names.text(), step,
                fmt::format("In {} steps there was no gradient for {}.", step, names.text()),
                "What does not reach the loss is not trained.",
                "Look for a layer that the forward does not call, for a detach() or NoGrad on "
                "the way, and for a part that was replaced after the optimizer was made.",
                true);  // of these the optimizer warns by itself
}

}  // namespace tapegrad::nn::detail
