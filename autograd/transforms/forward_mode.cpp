#include "autograd/transforms/forward_mode.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/record.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::detail {

namespace {

void sum_up(Tensor& sum, Tensor tangent) {
  sum = sum.defined() ? sum + tangent : std::move(tangent);
}

bool any_recorded(std::span<const Tensor> tensors) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [](const Tensor& each) { return requires_record(each); });
}

/// True for a call that may put other operators on the tape than itself (copies, conversions), whose
/// saved values need tangents, since a walk may read them.
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

constexpr const char* kHostWrite =
    "jvp: a tensor that has a tangent was changed past the operators (by write, set or the step of "
    "an optimizer), so that nobody knows its derivative; compute a new tensor, or change it before";

constexpr const char* kAfterError =
    "jvp: an error came between a value and its derivative, which is unknown since; end the "
    "function where it comes";

}  // namespace

thread_local constinit ForwardMode* ForwardMode::innermost = nullptr;

ForwardMode::ForwardMode() {
  start();
  around_ = std::exchange(innermost, this);
}
ForwardMode::~ForwardMode() {
  innermost = around_;
  stop();
  while (looked_at_ > 0) drop_frame();
  tangents_.clear();
}

void ForwardMode::set(const Tensor& x, const Tensor& t) { (void)tangents_.put(impl_of(x), t); }

Tensor ForwardMode::tangent(const Tensor& y) const {
  if (fault_) fail<GradError>("{}", fault_);
  const Tensor* found = tangents_.find(impl_of(y));
  if (!found) return zeros(y.shape(), y.dtype());
  // The direction, or what another value has, stays its own.
  return impl_of(*found)->unique() ? *found : found->clone();
}

void ForwardMode::call(const OperatorCall& call) {
  if (!call.type) return;
  if (fault_) fail<GradError>("{}", fault_);
  if (looked_at_ > 0 && !top().open) {
    ++hidden_;
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

void ForwardMode::called(const OperatorCall& call, std::span<const Tensor> outputs) {
  if (!call.type) return;
  if (hidden_ > 0)
    --hidden_;
  else
    end(call, outputs);
}

void ForwardMode::failed(const OperatorCall& call) noexcept {
  if (!call.type) return;
  if (hidden_ > 0)
    --hidden_;
  else
    drop_frame();
}

void ForwardMode::drop_frame() noexcept {
  const Seen seen(innermost);  // what goes now may have a tangent, in any of them
  lists_.results.clear();
  top().clear();
  --looked_at_;
  want_launches(looked_at_ == 0);
}

void ForwardMode::Frame::clear() noexcept {
  if (rule && rule->destroy) rule->destroy(op.data());
  rule = nullptr;
  open = false;
  inputs.clear();
  tangents.clear();
}

void ForwardMode::begin(const OperatorCall& call) {
  if (tangents_.empty()) return;
  unsigned varying = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i)
    if (call.inputs[i]->defined() && tangents_.find(impl_of(*call.inputs[i])))
      varying |= 1u << std::min(i, TangentRule::kLast);
  if (call.in_place) {
    const Impl& target = *impl_of(*call.inputs[0]);
    if (varying != 0 ? target.base || target.shown_elsewhere() : shares_memory(target))
      fail<GradError>(
          "{}: in forward mode a tensor of shape {} whose memory another one shows (reshape, "
          "narrow, detach) cannot be changed in place; use the form without underscore, clone() "
          "first, or put pieces together by cat or stack",
          call.name, target.shape());
  }
  if (varying == 0 || !call.type->has_gradient) return;
  const TangentRule* rule = call.type->tangent;
  if (!rule)
    fail<GradError>(
        "{}: it has no forward-mode rule; give its struct one (jvp, or linear, bilinear or "
        "symmetric = true; custom.h), or use grad()",
        call.name);
  keep(call, *rule, varying);
  top().open = records_within(call);
}

void ForwardMode::keep(const OperatorCall& call, const TangentRule& rule, unsigned varying) {
  const unsigned reads = rule.values_needed(*call.type, varying);
  Frame& frame = top();
  const Seen seen(outer());
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Tensor& input = *call.inputs[i];
    const Tensor* tangent = input.defined() ? tangents_.find(impl_of(input)) : nullptr;
    frame.tangents.push_back(tangent ? *tangent : Tensor());
    // What nobody reads may lend its memory to the result; only a copy keeps what is overwritten.
    const bool read = reads >> std::min(i, TangentRule::kLast) & 1;
    const bool overwritten = call.in_place && input.defined() &&
                             impl_of(input)->owner() == impl_of(*call.inputs[0])->owner();
    frame.inputs.push_back(!read ? Tensor() : overwritten ? input.clone() : input);
  }
  constexpr std::size_t unit = sizeof(std::max_align_t);
  frame.op.resize((rule.bytes + unit - 1) / unit);
  if (rule.copy)
    rule.copy(*call.type, call.op, frame.op.data());
  else
    std::memcpy(frame.op.data(), call.op, rule.bytes);
  frame.rule = &rule;
}

void ForwardMode::end(const OperatorCall& call, std::span<const Tensor> outputs) {
  // Where a result has the memory of an operand, the tangent of that one is used for the last time.
  for (const Tensor& output : outputs) forget(impl_of(output));
  try {
    if (top().rule) bind(call, outputs);
  } catch (...) {
    fault_ = kAfterError;
    drop_frame();
    throw;
  }
  drop_frame();
}

void ForwardMode::bind(const OperatorCall& call, std::span<const Tensor> outputs) {
  Frame& frame = top();
  const Seen seen(outer());
  const bool recorded = grad_enabled() && (any_recorded(frame.inputs) || any_recorded(outputs) ||
                                           any_recorded(frame.tangents));
  // What is recorded may save a result, which a later change in place must not change.
  const bool copied = call.in_place && recorded;
  const Tensor copy = copied ? outputs[0].clone() : Tensor();
  const std::span<const Tensor> made = copied ? std::span(&copy, 1) : outputs;
  std::vector<Tensor>& results = lists_.results;
  results.resize(outputs.size());
  frame.rule->run(frame.op.data(), {*call.type, frame.inputs, frame.tangents, made, call.kept,
                                    !outer() && !recorded, results, sum_up});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Tensor& t = results[i];
    if (!t.defined() || !is_floating_point(outputs[i].dtype())) continue;
    if (t.dtype() != outputs[i].dtype()) t = t.to(outputs[i].dtype());
    if (t.shape() != outputs[i].shape()) t = expand(t, outputs[i].shape());
    (void)tangents_.put(impl_of(outputs[i]), std::move(t));
  }
}

void ForwardMode::forget(const Impl* value) noexcept {
  Tensor gone = tangents_.take(value);
  if (!gone.defined()) return;
  const Seen seen(innermost);  // with a tangent its graph may go, and values that this saved
  gone = {};
}

bool ForwardMode::shares_memory(const Impl& value) const noexcept {
  if (!value.base && !value.has(Impl::kViewed)) return false;
  return tangents_.any(
      [&](const Impl* other) { return other != &value && other->owner() == value.owner(); });
}

void ForwardMode::launch(const Launch& launch) {
  if (looked_at_ > 0) return;
  // Outside of a call that is looked at. What is written from a value that has a tangent loses it;
  // what else is written is new, or replaced.
  bool writes = false, varies = false;
  for (const LaunchArgument& argument : launch.arguments) {
    const Impl* value = argument.access == Access::parameter ? nullptr : argument.value();
    if (!value) continue;
    writes |= argument.access != Access::read;
    varies |= argument.access != Access::write && tangents_.find(value);
  }
  if (writes && varies) fault_ = kHostWrite;
  for (const LaunchArgument& argument : launch.arguments)
    if (argument.access == Access::write && argument.value()) forget(argument.value());
}

void ForwardMode::event(Event event, const Impl& value) noexcept {
  if (event == Event::freed) {
    forget(&value);
  } else if (event == Event::host_write) {
    if (looked_at_ == 0 && (tangents_.find(&value) || shares_memory(value))) fault_ = kHostWrite;
  }
}

void ForwardMode::shown(const Impl& view, const Impl& value) noexcept {
  // Not thrown: there is no memory, and what follows would be wrong.
  try {
    if (const Tensor* tangent = tangents_.find(&value))
      (void)tangents_.put(&view, Tensor(*tangent));
  } catch (...) {
    fault_ = "jvp: out of memory";
  }
}

}  // namespace tapegrad::detail
