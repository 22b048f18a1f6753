#include "autograd/check/anomaly.h"

#include <new>

#include "autograd/check/anomaly_state.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

DetectAnomaly::DetectAnomaly()
    : state_(detail::allocating_for("DetectAnomaly", [] { return std::make_unique<State>(); })) {
  start();
}
DetectAnomaly::~DetectAnomaly() { stop(); }

void DetectAnomaly::call(const detail::OperatorCall& call) {
  if (state_->depth == 0) {
    state_->begin(call);
    want_launches(state_->updates);
  }
  ++state_->depth;
}

void DetectAnomaly::called(const detail::OperatorCall& call, std::span<const Tensor> outputs) {
  if (state_->depth == 0 || --state_->depth > 0) return;  // or it had begun before
  state_->end(call, outputs);
}

void DetectAnomaly::failed(const detail::OperatorCall&) noexcept {
  if (state_->depth > 0 && --state_->depth == 0) state_->kept.clear();
}

void DetectAnomaly::launch(const detail::Launch& launch) {
  State& state = *state_;
  if (state.depth != 1 || !state.updates) return;
  for (const detail::LaunchArgument& argument : launch.arguments) {
    if (argument.access != detail::Access::update || !argument.value()) continue;
    if (!is_floating_point(argument.value()->dtype)) continue;
    state.changed.push_back({argument.value(), state.look(*argument.value()).finite()});
  }
}

void DetectAnomaly::collected(const Tensor& leaf, const Tensor& sum) {
  detail::allocating_for("backward", [&] { state_->collected(leaf, sum); });
}

void DetectAnomaly::event(detail::Event event, const detail::Impl& value) noexcept {
  if (event != detail::Event::freed) return;
  state_->notes.forget(value);
  if (!state_->names.empty()) state_->names.erase(&value);
}

void DetectAnomaly::named(const detail::Impl& value, std::string_view name) noexcept {
  try {
    std::string& known = state_->names[&value];
    if (known != name) known = name;
  } catch (const std::bad_alloc&) {
    state_->names.erase(&value);  // it has no name then
  }
}

}  // namespace tapegrad
