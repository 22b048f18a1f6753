#include "autograd/transforms/companions.h"

#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tape/record.h"

namespace tapegrad::detail {

namespace {

/// True for a call that may put other operators on the tape than itself (copies, conversions), whose
/// saved values need companions, since a walk may read them.
bool records_within(const OperatorCall& call) {
  if (!grad_enabled() || !(call.in_place || call.type->promotes)) return false;
  const auto recorded = [](const Tensor* each) { return requires_record(*each); };
  if (std::none_of(call.inputs.begin(), call.inputs.end(), recorded)) return false;
  const Tensor* first = nullptr;
  for (const Tensor* each : call.inputs) {
    if (!each->defined() || impl_of(*each)->has(Impl::kNumber)) continue;
    if (first && first->dtype() != each->dtype()) return true;
    first = each;
  }
  return call.in_place;
}

}  // namespace

bool any_has_history(std::span<const Tensor> tensors) noexcept {
  return std::any_of(tensors.begin(), tensors.end(),
                     [](const Tensor& each) { return requires_record(each); });
}

thread_local constinit CompanionMode* CompanionMode::innermost = nullptr;

CompanionMode::CompanionMode(const ModeWords& words) : words_(words), records_(grad_enabled()) {
  start();
  around_ = std::exchange(innermost, this);
}
CompanionMode::~CompanionMode() {
  innermost = around_;
  stop();
  while (looked_at_ > 0) drop_frame();
  companions_.clear();
}

bool CompanionMode::any_recorded() noexcept {
  for (const CompanionMode* mode = innermost; mode; mode = mode->around_)
    if (mode->recorded_) return true;
  return false;
}

void CompanionMode::set(const Tensor& x, const Tensor& c) {
  (void)companions_.put(impl_of(x), c);
  recorded_ |= requires_record(c);
}

const Tensor* CompanionMode::find(const Tensor& y) const {
  if (fault_) fail<GradError>("{}", fault_);
  return companions_.find(impl_of(y));
}

void CompanionMode::call(const OperatorCall& call) {
  if (!call.type) return;
  if (fault_) fail<GradError>("{}", fault_);
  if (looked_at_ > 0 && !top().open) {
    ++hidden_;
    if (top().constant)
      for (const Tensor* input : call.inputs)
        if (input->defined() && companions_.find(impl_of(*input))) held();
    return;
  }
  if (looked_at_ == lists_.frames.size()) lists_.frames.emplace_back();
  ++looked_at_;
  want_launches(false);
  try {
    begin(call);
  } catch (...) {
    drop_frame();
    throw;
  }
}

void CompanionMode::called(const OperatorCall& call, std::span<const Tensor> outputs) {
  if (!call.type) return;
  if (hidden_ > 0)
    --hidden_;
  else
    end(call, outputs);
}

void CompanionMode::failed(const OperatorCall& call) noexcept {
  if (!call.type) return;
  if (hidden_ > 0)
    --hidden_;
  else
    drop_frame();
}

void CompanionMode::drop_frame() noexcept {
  const Seen seen(innermost);  // what goes now may have a companion, in any of them
  lists_.results.clear();
  top().clear();
  --looked_at_;
  want_launches(looked_at_ == 0);
}

void CompanionMode::Frame::clear() noexcept {
  if (rule && rule->destroy) rule->destroy(op.data());
  rule = nullptr;
  carried = open = constant = false;
  inputs.clear();
  companions.clear();
  attributes.clear();
  results.clear();
}

void CompanionMode::begin(const OperatorCall& call) {
  if (companions_.empty()) return;
  unsigned varying = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i)
    if (call.inputs[i]->defined() && companions_.find(impl_of(*call.inputs[i])))
      varying |= 1u << std::min(i, TangentRule::kLast);
  if (call.in_place) {
    const Impl& target = *impl_of(*call.inputs[0]);
    if (varying != 0 ? target.base || target.shown_elsewhere() : shares_memory(target))
      fail<GradError>(
          "{}: {} a tensor of shape {} whose memory another one shows (reshape, narrow, detach) "
          "cannot be changed in place; use the form without underscore, clone() first, or put "
          "pieces together by cat or stack",
          call.name, words_.where, target.shape());
  }
  if (varying == 0) {
    top().constant = true;
    top().open = innermost != this;  // what a mode within this one computes is no part of the call
    return;
  }
  const std::optional<unsigned> reads = note(call, varying, top());
  if (!reads) return;
  keep(call, *reads);
  top().carried = true;
  top().open = records_within(call);
}

void CompanionMode::keep(const OperatorCall& call, unsigned reads) {
  Frame& frame = top();
  const Seen seen(outer());
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Tensor& input = *call.inputs[i];
    const Tensor* companion = input.defined() ? companions_.find(impl_of(input)) : nullptr;
    frame.companions.push_back(companion ? *companion : Tensor());
    // What nobody reads may lend its memory to the result; only a copy keeps what is overwritten.
    const bool read = reads >> std::min(i, TangentRule::kLast) & 1;
    const bool overwritten = call.in_place && input.defined() &&
                             impl_of(input)->owner() == impl_of(*call.inputs[0])->owner();
    frame.inputs.push_back(!read ? Tensor() : overwritten ? input.clone() : input);
  }
}

void CompanionMode::end(const OperatorCall& call, std::span<const Tensor> outputs) {
  // Where a result has the memory of an operand, the companion of that one is used for the last
  // time.
  for (const Tensor& output : outputs) forget(impl_of(output));
  try {
    if (top().carried) bind(call, outputs);
  } catch (...) {
    fault_ = words_.after_error;
    drop_frame();
    throw;
  }
  drop_frame();
}

void CompanionMode::bind(const OperatorCall& call, std::span<const Tensor> outputs) {
  std::vector<Tensor>& results = lists_.results;
  results.resize(outputs.size());
  beside([&] { carry(call, top(), outputs, results); });
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (results[i].defined()) (void)companions_.put(impl_of(outputs[i]), std::move(results[i]));
}

void CompanionMode::forget(const Impl* value) noexcept {
  Tensor gone = companions_.take(value);
  if (!gone.defined()) return;
  const Seen seen(innermost);  // with a companion its graph may go, and values that this saved
  gone = {};
}

bool CompanionMode::shares_memory(const Impl& value) const noexcept {
  if (!value.base && !value.has(Impl::kViewed)) return false;
  return companions_.any(
      [&](const Impl* other) { return other != &value && other->owner() == value.owner(); });
}

void CompanionMode::launch(const Launch& launch) {
  if (looked_at_ > 0) return;
  // Outside of a call that is looked at. What is written from a value that has a companion loses
  // it; what else is written is new, or replaced.
  bool writes = false, varies = false;
  for (const LaunchArgument& argument : launch.arguments) {
    const Impl* value = argument.access == Access::parameter ? nullptr : argument.value();
    if (!value) continue;
    writes |= argument.access != Access::read;
    varies |= argument.access != Access::write && companions_.find(value);
  }
  if (writes && varies) fault_ = words_.host_write;
  for (const LaunchArgument& argument : launch.arguments)
    if (argument.access == Access::write && argument.value()) forget(argument.value());
}

void CompanionMode::event(Event event, const Impl& value) noexcept {
  if (event == Event::freed) {
    forget(&value);
  } else if (event == Event::host_write) {
    if (looked_at_ == 0 && (companions_.find(&value) || shares_memory(value)))
      fault_ = words_.host_write;
  }
}

void CompanionMode::shown(const Impl& view, const Impl& value) noexcept {
  // Not thrown: there is no memory, and what follows would be wrong.
  try {
    if (const Tensor* companion = companions_.find(&value))
      (void)companions_.put(&view, Tensor(*companion));
  } catch (...) {
    fault_ = words_.out_of_memory;
  }
}

}  // namespace tapegrad::detail
