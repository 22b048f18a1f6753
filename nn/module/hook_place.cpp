#include "nn/module/hook_place.h"

#include <span>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/tape/custom_op.h"
#include "autograd/tape/hook_list.h"
#include "autograd/tape/no_grad.h"
#include "autograd/transforms/hooks.h"

namespace tapegrad::nn::detail {

namespace {

using tapegrad::detail::Hook;
using tapegrad::detail::HookKind;

/// The layer whose own computation begins with the next call of it on this thread.
thread_local constinit const HookPlace* passing = nullptr;

/// What the two ends of a call know of each other in a walk.
struct BackwardCall {
  std::vector<std::shared_ptr<Hook>> hooks;
  bool input_varies;
  /// Of this walk; it may own the graph that this stands in, so that it goes when the walk ends.
  std::shared_ptr<Tensor> grad_output = std::make_shared<Tensor>();

  /// What the hooks make of `grad_input`, which is undefined where the input requires none.
  Tensor show(Tensor grad_input) const {
    for (const auto& hook : hooks) {
      if (hook->removed) continue;
      const Tensor seen[] = {grad_input, *grad_output};
      Tensor made = hook->call(seen);
      if (!made.defined()) continue;
      if (!grad_input.defined())
        fail<GradError>(
            "register_full_backward_hook: a hook returned a gradient for an input that requires "
            "none");
      if (made.shape() != grad_input.shape() || made.dtype() != grad_input.dtype())
        fail<GradError>(
            "register_full_backward_hook: a hook returned a tensor of shape {} and type {} for the "
            "input's gradient of shape {} and type {}; it returns one of the same shape and type, "
            "or nothing",
            made.shape(), made.dtype(), grad_input.shape(), grad_input.dtype());
      grad_input = std::move(made);
    }
    return grad_input;
  }
};

/// `x`, with another rule for the gradient than to hand it on.
template <class Vjp>
Tensor with_rule(const char* name, const Tensor& x, Vjp vjp) {
  return custom_op(
      name, [](const Tensor& in) { return in; },
      [vjp](const Tensor& g, const Tensor&, const Tensor&) { return vjp(g); },
      [](const Tensor& t, const Tensor&, const Tensor&) { return t; }, {.reads = kNone})(x);
}

/// What the hooks of `kind` make of the last of `seen`.
template <std::size_t n>
Tensor shown(const tapegrad::detail::HookList& hooks, HookKind kind, Tensor (&&seen)[n]) {
  for (const auto& hook : hooks.of(kind)) {
    if (hook->removed) continue;
    if (Tensor made = hook->call(seen); made.defined()) seen[n - 1] = std::move(made);
  }
  return std::move(seen[n - 1]);
}

}  // namespace

bool HookPlace::begins() const noexcept {
  if (passing != this) return true;
  passing = nullptr;
  return false;
}

const std::shared_ptr<tapegrad::detail::HookList>& HookPlace::list() {
  if (!hooks_) hooks_ = std::make_shared<tapegrad::detail::HookList>();
  return hooks_;
}

Tensor HookPlace::run_hooks(const void* layer, Tensor (*call)(const void*, const Tensor&),
                            Tensor x) const {
  const auto hooks = hooks_;
  x = shown(*hooks, HookKind::forward_pre, {std::move(x)});
  std::shared_ptr<BackwardCall> backward;
  if (auto listed = hooks->of(HookKind::backward); !listed.empty() && grad_enabled()) {
    const bool varies = x.defined() && x.requires_grad();
    backward = std::make_shared<BackwardCall>(BackwardCall{std::move(listed), varies});
    if (varies)
      x = with_rule("module_input", x, [backward](const Tensor& g) { return backward->show(g); });
  }
  passing = this;
  Tensor y = call(layer, x);
  y = shown(*hooks, HookKind::forward, {std::move(x), std::move(y)});
  if (!backward || !y.requires_grad()) return y;
  return with_rule("module_output", y, [backward](const Tensor& g) {
    *backward->grad_output = g;
    tapegrad::detail::empty_when_walk_ends(backward->grad_output);
    if (!backward->input_varies) (void)backward->show({});
    return g;
  });
}

}  // namespace tapegrad::nn::detail
