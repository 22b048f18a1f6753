#include "autograd/transforms/hook_calls.h"

#include "autograd/base/fail.h"
#include "autograd/tape/leaf_hooks.h"
#include "autograd/tape/record.h"
#include "autograd/transforms/cotangent.h"

namespace tapegrad::detail {

namespace {

/// Refuses a replacement that does not fit, and settles one that does.
Tensor settled_replacement(Tensor made, const Tensor& cotangent, bool create_graph) {
  if (made.shape() != cotangent.shape() || made.dtype() != cotangent.dtype())
    fail<GradError>(
        "register_hook: a hook returned a tensor of shape {} and type {} for a gradient of shape "
        "{} and type {}; it returns one of the same shape and type, or nothing",
        made.shape(), made.dtype(), cotangent.shape(), cotangent.dtype());
  if (impl_of(made)->has(Impl::kNumber)) made = fit_cotangent(made, made.shape(), made.dtype());
  return !create_graph && made.requires_grad() ? made.detach() : made;
}

}  // namespace

Tensor call_gradient_hooks(const HookList& hooks, Tensor cotangent, bool create_graph) {
  for (const auto& hook : hooks.of(HookKind::gradient)) {
    if (hook->removed) continue;
    const std::uint32_t version = impl_of(cotangent)->owner()->version;
    Tensor made = hook->call({&cotangent, 1});
    if (impl_of(cotangent)->owner()->version != version)
      fail<GradError>(
          "register_hook: a hook changed the gradient of shape {} that it got in place, which "
          "others may read; return a new tensor instead",
          cotangent.shape());
    if (made.defined()) cotangent = settled_replacement(std::move(made), cotangent, create_graph);
  }
  return cotangent;
}

HookedLeaves call_leaf_hooks(std::span<Target> targets, bool create_graph) {
  HookedLeaves later;
  for (Target& target : targets) {
    if (!target.sum.defined() || record_of(*impl_of(target.owner))) continue;
    auto hooks = leaf_hooks_of(impl_of(target.owner));
    if (!hooks) continue;
    target.sum = call_gradient_hooks(
        *hooks, dense_cotangent(std::move(target.sum), target.owner.shape()), create_graph);
    later.emplace_back(target.owner, std::move(hooks));
  }
  return later;
}

void call_accumulated_hooks(const HookedLeaves& leaves) {
  for (const auto& [leaf, hooks] : leaves)
    for (const auto& hook : hooks->of(HookKind::accumulated))
      if (!hook->removed) (void)hook->call({&leaf, 1});
}

}  // namespace tapegrad::detail
