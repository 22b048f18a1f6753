#include "autograd/transforms/level.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tape/record.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/backward.h"
#include "autograd/transforms/companions.h"

namespace tapegrad::detail {

namespace {

using Tensors = std::vector<Tensor>;

/// Whether a leaf stands behind `outputs` that is none of `inputs`, or a record that was made up to
/// `since`.
bool depends_on_others(const Tensors& outputs, const Tensors& inputs, std::uint64_t since) {
  std::vector<Record*> waiting;
  std::unordered_set<const Record*> seen;
  const auto is_other = [&](const Impl* leaf, Record* record) {
    if (record) {
      if (record->sequence <= since) return true;
      if (seen.insert(record).second) waiting.push_back(record);
      return false;
    }
    return leaf && std::none_of(inputs.begin(), inputs.end(),
                                [&](const Tensor& input) { return impl_of(input) == leaf; });
  };
  for (const Tensor& output : outputs) {
    const Edge edge(output);
    if (is_other(edge.leaf(), edge.record())) return true;
  }
  while (!waiting.empty()) {
    const Record* record = waiting.back();
    waiting.pop_back();
    for (const Edge& edge : record->edges())
      if (is_other(edge.leaf(), edge.record())) return true;
  }
  return false;
}

/// The value of `y` without its history; for modes it is the same value.
Tensor without_history(const Tensor& y) {
  const NoGrad no_grad;
  Tensor value = y.clone();
  impl_of(value)->clear_cuts();
  if (watched()) announce_shown(*impl_of(value), *impl_of(y));
  return value;
}

Tensors without_history(const Tensors& all) {
  Tensors values;
  for (const Tensor& each : all) values.push_back(without_history(each));
  return values;
}

}  // namespace

void require_inputs(const Tensors& x, const char* caller) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    require_defined(x[i], "an input", caller);
    if (!is_floating_point(x[i].dtype()))
      fail<DTypeError>("{}: input {} is {}; only float32 and float64 have derivatives", caller, i,
                       x[i].dtype());
  }
}

Tensors own_inputs(const Tensors& x) {
  Tensors inputs;
  inputs.reserve(x.size());
  for (const Tensor& each : x)
    inputs.push_back(impl_of(each)->has(Impl::kNumber) ? each.to(each.dtype()) : each.clone());
  return inputs;
}

Level::Level(const char* caller, const ListFunction& f, const Tensors& x)
    : records_(grad_enabled()) {
  require_inputs(x, caller);
  inputs_ = own_inputs(x);
  leads_out_ = any_has_history(inputs_);
  for (Tensor& each : inputs_)
    if (!requires_record(each)) each.requires_grad_();
  const std::uint64_t since = thread_tape.sequence;
  const EnableGrad enable_grad;
  // Copies, so that what the function changes in place is recorded, and not by what is varied.
  outputs_ = f(own_inputs(inputs_));
  for (const Tensor& each : outputs_) require_defined(each, "what the function returned", caller);
  leads_out_ = leads_out_ || depends_on_others(outputs_, inputs_, since);
}

Tensors Level::values() const {
  // Others than the outputs, which may be walked again.
  return records_ && leads_out_ ? own_inputs(outputs_) : without_history(outputs_);
}

Tensors Level::pull(const Tensors& cotangents, bool keeps) const {
  GradOptions options{.allow_unused = true};
  Tensors roots;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (!cotangents[i].defined()) continue;
    roots.push_back(outputs_[i]);
    options.grad_outputs.push_back(cotangents[i]);
  }
  const bool history = grad_enabled() && ((records_ && leads_out_) || any_has_history(cotangents));
  options.create_graph = history || (grad_enabled() && CompanionMode::any_recorded());
  options.retain_graph = keeps || options.create_graph;
  Tensors gradients = tapegrad::grad(roots, inputs_, options);
  if (!history)
    for (Tensor& each : gradients)
      if (requires_record(each)) each = without_history(each);
  return gradients;
}

Tensors gradients_and_value(const char* caller, const ListFunction& f, const Tensors& x) {
  const Level level(caller, f, x);
  const Tensors& y = level.outputs();
  if (y.size() != 1 || y[0].numel() != 1)
    fail<GradError>(
        "{}: the function returns {}, and only one number has a gradient; reduce it with sum() or "
        "mean(), or take jacobian() or vjp()",
        caller,
        y.size() == 1 ? fmt::format("a tensor of shape {}", y[0].shape())
                      : fmt::format("{} tensors", y.size()));
  if (!is_floating_point(y[0].dtype()))
    fail<DTypeError>("{}: the function returns {}; only float32 and float64 have gradients", caller,
                     y[0].dtype());
  Tensors all = level.pull({ones(y[0].shape(), y[0].dtype())}, false);
  all.push_back(level.values()[0]);
  return all;
}

}  // namespace tapegrad::detail
