#include <algorithm>
#include <new>

#include "autograd/base/fail.h"
#include "autograd/base/warning.h"
#include "nn/optim/core/optimizer.h"

// What an optimizer says of steps that do harm, or nothing.

namespace tapegrad::nn {

namespace {

/// Steps without a gradient, or with the same one, after which a parameter is reported.
constexpr int kUnusedSteps = 20;
/// So many names say enough where there may be all.
constexpr std::size_t kNames = 3;

}  // namespace

void Optimizer::note_unused(const Watch& watch, Entry& entry, Findings& found) {
  if (++entry.unused < kUnusedSteps || entry.reported || !watch.warn_unused ||
      !entry.parameter.value.requires_grad())
    return;
  entry.reported = true;
  found.emplace_back(Sign::unused, &entry);
}

/// Before the first step of a group, or the first since a state was loaded.
void Optimizer::begin(Group& group, Findings& found) {
  group.begun = true;
  if (!group.watch.looks()) return;
  for (const Entry& entry : group.entries) {
    const Tensor& value = entry.parameter.value;
    if (!value.requires_grad() || detail::all_finite(value)) continue;
    told_not_finite_ = true;  // what follows from it is no news
    found.emplace_back(Sign::not_finite_before, &entry);
  }
}

void Optimizer::look_at_gradients(Group& group, bool begin, Findings& found) {
  if (!group.watch.warn_unused) return;
  for (Entry& entry : group.entries) {
    const Tensor grad = entry.parameter.value.grad();
    if (entry.reported || !grad.defined() || !entry.parameter.value.requires_grad()) {
      if (entry.same.active()) entry.same.forget();
    } else if (entry.same.see(grad, begin) >= kUnusedSteps) {
      entry.reported = true;
      entry.same.forget();
      found.emplace_back(Sign::same_gradient, &entry);
    }
    following_ |= entry.same.active();
  }
}

void Optimizer::look_at_parameters(Findings& found) {
  for (const Group& group : groups_) {
    if (!group.watch.looks()) continue;
    for (const Entry& entry : group.entries) {
      const Tensor& value = entry.parameter.value;
      if (!value.requires_grad() || detail::all_finite(value)) continue;
      told_not_finite_ = true;
      found.emplace_back(Sign::not_finite, &entry);
    }
  }
  if (!told_not_finite_) looked_ = steps_;
}

void Optimizer::tell(const Findings& found) const {
  if (found.empty()) return;
  for (const Sign sign :
       {Sign::unused, Sign::same_gradient, Sign::not_finite_before, Sign::not_finite}) {
    std::string text;
    try {
      text = text_of(sign, found);
    } catch (const std::bad_alloc&) {
      continue;  // the step is done; who called it has to know that, not what cannot be said
    }
    if (!text.empty()) warn(text);
  }
}

/// What there is to be said of `sign`, or nothing.
std::string Optimizer::text_of(Sign sign, const Findings& found) const {
  // Where one parameter is not finite, soon most are.
  detail::Names names(sign < Sign::not_finite_before ? SIZE_MAX : kNames);
  const Entry* first = nullptr;
  for (const auto& [what, entry] : found) {
    if (what != sign) continue;
    if (!first) first = entry;
    names.add(entry->parameter.name);
  }
  if (!first) return {};
  return fmt::format("{}: {} (the option warn_unused = false silences this)", kind_.name,
                     text_of(sign, names.text(), *first));
}

std::string Optimizer::text_of(Sign sign, const std::string& names, const Entry& first) const {
  switch (sign) {
    case Sign::unused:
      return fmt::format(
          "no gradient in {} steps for {}: what does not reach the loss is not trained, nor is "
          "what was replaced in the model after the optimizer was made",
          kUnusedSteps, names);
    case Sign::same_gradient:
      return fmt::format(
          "the same gradient in {} steps for {}: backward() did not reach it, so these are probably "
          "tensors that were replaced in the model after the optimizer was made; make it from "
          "nn::parameters(model) again",
          kUnusedSteps, names);
    case Sign::not_finite_before:
      return fmt::format(
          "an infinity or NaN in {} before the first step: look at how it was made or loaded",
          names);
    case Sign::not_finite:
      break;
  }
  const std::int64_t from = std::max<std::int64_t>(1, first.step - (steps_ - looked_) + 1);
  const std::string since = from == first.step
                                ? fmt::format("step {}", from)
                                : fmt::format("one of the steps {} to {}", from, first.step);
  return fmt::format(
      "an infinity or NaN in {} since {}: lower the learning rate, or clip gradients with "
      "nn::clip_grad_norm_; check_finite = true throws at the very step",
      names, since);
}

bool Optimizer::waits_for_first_step() {
  bool gradients = false, updated = steps_ > 0;
  for (const Group& group : groups_) {
    for (const Entry& entry : group.entries) {
      gradients = gradients || entry.parameter.value.grad().defined();
      updated = updated || entry.step > 0;
    }
  }
  return gradients && !updated && !std::exchange(told_waiting_, true);
}

/// For groups that ask for it, before anything has changed.
void Optimizer::check_gradients() const {
  for (const Group& group : groups_) {
    if (!group.watch.check_finite) continue;
    for (const Entry& entry : group.entries) {
      const Tensor grad = entry.parameter.value.grad();
      if (!grad.defined()) continue;
      if (!group.begun && !detail::all_finite(entry.parameter.value))
        fail<ValueError>(
            "{}: parameter '{}' has an infinity or NaN before the first step; nothing was changed. "
            "Look at how it was made or loaded",
            kind_.name, entry.parameter.name);
      if (!detail::all_finite(grad))
        fail<ValueError>(
            "{}: the gradient of parameter '{}' has an infinity or NaN, so the step would, too; "
            "nothing was changed. Look at the loss, lower the learning rate, or clip gradients",
            kind_.name, entry.parameter.name);
    }
  }
}

void Optimizer::check_finite(const Entry& entry) const {
  if (detail::all_finite(entry.parameter.value)) return;
  fail<ValueError>(
      "{}: step {} made parameter '{}' infinite or NaN, from a finite gradient; lower the learning "
      "rate, or go back to a saved state",
      kind_.name, entry.step, entry.parameter.name);
}

void Optimizer::no_gradients() const {
  detail::Names names(kNames);
  bool frozen = true;
  for (const Group& group : groups_) {
    for (const Entry& entry : group.entries) {
      frozen = frozen && !entry.parameter.value.requires_grad();
      names.add(entry.parameter.name);
    }
  }
  fail<GradError>("{}: step() without any gradient, nothing was trained: {} {}", kind_.name,
                  names.text(),
                  frozen ? "are frozen; unfreeze(model) lets them collect gradients"
                         : "have none. Call backward() first; if it was called, these are not the "
                           "tensors of the model that made the loss: make the optimizer from "
                           "nn::parameters(model) again when a part of the model was replaced");
}

}  // namespace tapegrad::nn
