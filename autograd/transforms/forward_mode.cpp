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

constexpr ModeWords forward_words{
    .where = "in forward mode",
    .host_write =
        "jvp: a tensor that has a tangent was changed past the operators (by write, set or the "
        "step of an optimizer), so that nobody knows its derivative; compute a new tensor, or "
        "change it before",
    .after_error =
        "jvp: an error came between a value and its derivative, which is unknown since; end the "
        "function where it comes",
    .out_of_memory = "jvp: out of memory",
};

}  // namespace

ForwardMode::ForwardMode() : CompanionMode(forward_words) {}

Tensor ForwardMode::tangent(const Tensor& y) const {
  const Tensor* found = find(y);
  if (!found) return zeros(y.shape(), y.dtype());
  // The direction, or what another value has, stays its own.
  return impl_of(*found)->unique() ? *found : found->clone();
}

std::optional<unsigned> ForwardMode::note(const OperatorCall& call, unsigned varying,
                                          Frame& frame) {
  if (!call.type->has_gradient || cut(call)) return std::nullopt;
  const TangentRule* rule = call.type->tangent;
  if (!rule)
    fail<GradError>(
        "{}: it has no forward-mode rule; give its struct one (jvp, or linear, bilinear or "
        "symmetric = true; custom.h), or use grad()",
        call.name);
  constexpr std::size_t unit = sizeof(std::max_align_t);
  frame.op.resize((rule->bytes + unit - 1) / unit);
  if (rule->copy)
    rule->copy(*call.type, call.op, frame.op.data());
  else
    std::memcpy(frame.op.data(), call.op, rule->bytes);
  frame.rule = rule;
  return rule->values_needed(*call.type, varying);
}

void ForwardMode::carry(const OperatorCall& call, Frame& frame, std::span<const Tensor> outputs,
                        std::span<Tensor> results) {
  const bool recorded =
      grad_enabled() && (any_has_history(frame.inputs) || any_has_history(outputs) ||
                         any_has_history(frame.companions));
  // What is recorded may save a result, which a later change in place must not change.
  const bool copied = call.in_place && recorded;
  const Tensor copy = copied ? outputs[0].clone() : Tensor();
  const std::span<const Tensor> made = copied ? std::span(&copy, 1) : outputs;
  frame.rule->run(frame.op.data(), {*call.type, frame.inputs, frame.companions, made, call.kept,
                                    !watched_by_others() && !recorded, results, sum_up});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Tensor& t = results[i];
    if (!t.defined()) continue;
    if (!is_floating_point(outputs[i].dtype())) {
      t = {};
      continue;
    }
    if (t.dtype() != outputs[i].dtype()) t = t.to(outputs[i].dtype());
    if (t.shape() != outputs[i].shape()) t = expand(t, outputs[i].shape());
  }
}

}  // namespace tapegrad::detail
