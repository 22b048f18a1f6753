#include "nn/train/doctor/step_watcher.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"

namespace tapegrad::nn::detail {

using tapegrad::detail::impl_of;
using tapegrad::detail::Phase;

namespace {

/// Operators whose results are elements of the input, in another shape, order or type.
bool moves_elements(std::string_view name) {
  constexpr std::array<std::string_view, 9> names = {
      "clone", "detach", "expand", "narrow", "permute", "reshape", "select", "split", "to"};
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string Origin::text() const {
  if (path) return fmt::format("{} in {}", op, path);
  return after ? fmt::format("{} after {}", op, after->module()) : std::string(op);
}

double norm_of(const Tensor& tensor) { return std::sqrt(square(tensor).sum().item()); }

double largest_of(const Tensor& tensor) {
  return tensor.numel() == 0 ? 0 : amax(abs(tensor)).item();
}

/// `body()`, with nothing recorded; where it fails, for want of memory, the step is let go.
template <class F>
void StepWatcher::quietly(F body) noexcept {
  try {
    const NoGrad no_grad;
    body();
  } catch (...) {
    watches_ = false;  // until `end`: within a call it cannot stop
  }
}

void StepWatcher::drop() noexcept {
  if (!std::exchange(begun_, false)) return;
  stop();
  watches_ = false;
  before_ = {};
  operation_ = {};
  origins_.clear();
  parameters_.clear();
}

void StepWatcher::begin(std::int64_t number, bool follows, std::vector<SeenParameter> parameters,
                        const Tensor& inputs, const Tensor& targets) noexcept {
  begun_ = true;
  quietly([&] {
    parameters_ = std::move(parameters);
    step_ = {number, follows, parameters_, inputs.defined() ? inputs.id() : nullptr,
             std::numeric_limits<double>::quiet_NaN()};
    depth_ = order_ = relus_ = 0;
    open_ = false;
    at_ = nullptr;
    scores_ = {};
    if (targets.defined()) origins_[impl_of(targets)].targets = true;
    for (const auto& check : checks_) check->begin(step_);
    watches_ = true;
    start();
  });
}

void StepWatcher::end() noexcept {
  if (!begun_) return;
  stop();
  if (watches_) {
    const Seen nobody(nullptr);
    quietly([&] {
      end_update();
      for (const auto& check : checks_) check->end(step_);
    });
  }
  drop();
}

std::int64_t StepWatcher::classes(std::int64_t rows) const noexcept {
  return scores_.rank() == 2 && scores_[0] == rows ? scores_[1] : 0;
}

SeenParameter* StepWatcher::find(const Impl* value) noexcept {
  for (SeenParameter& each : parameters_)
    if (impl_of(each.value()) == value) return &each;
  return nullptr;
}

void StepWatcher::call(const Call& call) {
  if (depth_++ > 0) return;
  open_ = watches_ && call.phase == Phase::forward && call.type != nullptr;
  if (open_) quietly([&] { before(call); });
}

void StepWatcher::called(const Call&, std::span<const Tensor> outputs) {
  if (depth_ == 0 || --depth_ > 0 || !open_ || !watches_) return;  // or it had begun before
  quietly([&] { after(outputs); });
}

void StepWatcher::failed(const Call&) noexcept {
  if (depth_ > 0) --depth_;
}

void StepWatcher::before(const Call& call) {
  end_update();
  Operation& now = operation_;
  now.origin = {.op = call.name, .path = call.path, .fresh = true};
  now.elementwise = call.type->sparsity == Sparsity::elementwise;
  now.weight = nullptr;
  bool targets = false;
  now.inputs = call.inputs;
  now.origins.assign(call.inputs.size(), {});
  for (std::size_t i = 0; i < now.origins.size(); ++i) {
    if (!call.inputs[i]->defined()) continue;
    const Impl* input = impl_of(*call.inputs[i]);
    Origin& origin = now.origins[i];
    if (SeenParameter* parameter = find(input)) {
      if (parameter->order < 0) parameter->order = order_++;
      origin.after = parameter;
    } else if (const auto known = origins_.find(input); known != origins_.end()) {
      origin = known->second;
    }
    if (!now.origin.after) now.origin.after = origin.after;
    now.origin.relu = std::max(now.origin.relu, origin.relu);
    targets = targets || origin.targets;
    if (!now.weight && origin.op.empty()) now.weight = origin.after;
  }
  if (now.weight) now.origin.after = now.weight;
  if (now.name() == "relu") now.origin.relu = ++relus_;
  for (const auto& check : checks_) check->before(now);
  now.origin.targets = targets && now.elementwise && !now.origin.after;  // scaled, say
  if (moves_elements(call.name)) {
    now.origin = now.origins[0];
    now.origin.fresh = true;
  }
}

void StepWatcher::after(std::span<const Tensor> outputs) {
  for (const Tensor& output : outputs) {
    if (!output.defined()) continue;
    origins_[impl_of(output)] = operation_.origin;
    for (const auto& check : checks_) check->after(operation_, output);
    if (!output.requires_grad()) continue;
    if (output.dim() == 2) scores_ = output.shape();
    if (output.numel() == 1) step_.loss = output.item();
  }
}

void StepWatcher::event(tapegrad::detail::Event event, const Impl& value) noexcept {
  if (event == tapegrad::detail::Event::freed) origins_.erase(&value);
}

void StepWatcher::named(const Impl& value, std::string_view) noexcept {
  SeenParameter* parameter = find(&value);
  if (!parameter || !watches_) return;
  quietly([&] {
    end_update();
    // Soon after the step the gradient may be gone.
    const Tensor gradient = parameter->value().grad();
    if (!gradient.defined() || gradient.numel() == 0) return;
    gradient_ = norm_of(gradient);
    largest_gradient_ = largest_of(gradient);
    if (parameter->value().dim() >= 2) before_ = parameter->value().clone();
    at_ = parameter;
  });
}

/// The parameter at hand has been updated.
void StepWatcher::end_update() {
  if (!at_) return;
  const SeenParameter& parameter = *std::exchange(at_, nullptr);
  const Tensor before = std::exchange(before_, {});
  Updated updated{parameter, gradient_, largest_gradient_};
  if (before.defined()) {
    updated.weight = norm_of(before);
    updated.change = norm_of(parameter.value() - before);
  }
  for (const auto& check : checks_) check->updated(updated);
}

void StepWatcher::collected(const Tensor& leaf, const Tensor& sum) {
  const SeenParameter* parameter = find(impl_of(leaf));
  if (!watches_) return;
  quietly([&] {
    for (const auto& check : checks_)
      parameter ? check->collected(*parameter, sum) : check->collected_other(leaf);
  });
}

void StepWatcher::pause(std::string_view name) {
  if (depth_ > 0 || !watches_) return;
  quietly([&] {
    for (const auto& check : checks_) check->loss(name);
  });
}

}  // namespace tapegrad::nn::detail
