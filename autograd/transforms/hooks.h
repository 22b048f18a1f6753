#pragma once

/// @file
/// Hooks of tensors: functions that a walk calls with a gradient on its way, to see or to replace
/// it.
///
///     tg::Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
///     tg::Tensor h = tg::exp(x);
///     tg::register_hook(h, [](const tg::Tensor& g) { return tg::clamp(g, -1, 1); });
///     tg::sum(h * h).backward();

#include <memory>
#include <type_traits>
#include <utility>

#include "autograd/base/refused.h"
#include "autograd/tape/hook_list.h"

namespace tapegrad {

/// @addtogroup tape
/// @{

namespace detail {
HookHandle hook_gradient(const Tensor& tensor, HookFunction call);
HookHandle hook_accumulated(const Tensor& tensor, HookFunction call);
/// For rules: has `place`, in which one keeps something of its walk for another one, emptied when
/// that walk ends. Errors: `std::bad_alloc`.
void empty_when_walk_ends(std::shared_ptr<Tensor> place);
}  // namespace detail

/// Has each walk (`backward`, `grad`) that computes the gradient of `tensor` call `f` with it:
/// `void f(const Tensor& g)`, or `Tensor f(const Tensor& g)`, which returns a tensor of the same
/// shape and type that takes its place, or the undefined one for nothing. PyTorch's `register_hook`.
///
///     register_hook(h, [](const Tensor& g) { fmt::print("{}\n", norm(g)); });
///     register_hook(h, [](const Tensor& g) { return 2 * g; });
///
/// `g` is the whole gradient of this walk: of a result, once all that was computed from it has
/// handed its part back, and before it goes further; of a leaf, at the end, before it is added to
/// what `grad()` holds. Hooks are called in the order of registration, each with what the one before
/// made of it; `retain_grad()` and `grad` show what comes out of them. A walk that does not need the
/// gradient of `tensor` calls none. They run in the walk's mode: with `create_graph` what they
/// compute is recorded, and so is the replacement's history, else it has none. A hook may start a
/// walk of its own. What it throws ends the walk, as an error of a rule does: no leaf has got
/// anything.
///
/// A hook is about the value that `tensor` has now: after a change in place it goes on to see the
/// gradient of the value before, while `retain_grad()` moves on. It lives as long as that value, or
/// its graph, does, or until `remove()` of what this returns (which may be dropped). What `f`
/// captures lives so long, too: a hook that holds its own tensor keeps it alive for ever. It is
/// called on the thread that walks. Like `retain_grad()`, it is not put on a result while another
/// thread walks its graph; hooks of leaves are put on, and any are removed, at any time.
///
/// Errors: `ValueError` for an undefined tensor; `GradError` when it does not require a gradient;
/// in the walk, `GradError` where `f` returns another shape or type, or writes into `g`.
template <class F>
HookHandle register_hook(const Tensor& tensor, F f) {
  static_assert(detail::TakesTensors<F, const Tensor&>,
                "a hook is called with the gradient, and returns a tensor that takes its place, or "
                "nothing: register_hook(h, [](const Tensor& g) { return 2 * g; })");
  if constexpr (detail::TakesTensors<F, const Tensor&>)
    return detail::hook_gradient(tensor, detail::hook_function<1>(std::move(f)));
  else
    return {};
}

/// Has each `backward` that adds to the gradient of `leaf` call `f(leaf)` afterwards: when all
/// leaves have got their gradients, so that `f` may use and drop them. `grad`, which adds nothing,
/// does not call it. PyTorch's `register_post_accumulate_grad_hook`.
///
///     register_post_accumulate_grad_hook(w, [](const Tensor& leaf) {
///       fmt::print("{}\n", norm(leaf.grad()));
///     });
///
/// What `f` throws the caller of `backward` gets; gradients stay. For all else see `register_hook`.
/// Errors: `ValueError` for an undefined tensor, `GradError` unless it is a leaf that requires a
/// gradient.
template <class F>
HookHandle register_post_accumulate_grad_hook(const Tensor& leaf, F f) {
  static_assert(std::is_invocable_v<F&, const Tensor&>,
                "this hook is called with the leaf: [](const Tensor& leaf) { ... }");
  if constexpr (std::is_invocable_v<F&, const Tensor&>)
    return detail::hook_accumulated(
        leaf,
        detail::hook_function<1>([f = std::move(f)](const Tensor& x) mutable { (void)f(x); }));
  else
    return {};
}

/// @}

}  // namespace tapegrad
