#pragma once

/// @file
/// Hooks of layers: functions that see, or replace, what goes into a layer of any model, what comes
/// out of it, and the gradients on their way back.
///
///     nn::Sequential net{nn::Linear{4, 8}, tg::relu, nn::Linear{8, 2}};
///     const auto zeros = [](const tg::Tensor&, const tg::Tensor& y) {
///       fmt::print("{} of {} are 0\n", tg::sum(y == 0).item(), y.numel());
///     };
///     tg::HookHandle shown = nn::register_forward_hook(net, "1", zeros);
///     (void)net(tg::randn({3, 4}));
///     shown.remove();

#include <concepts>
#include <string_view>
#include <utility>

#include "autograd/base/refused.h"
#include "autograd/tape/hook_list.h"
#include "nn/module/visitor.h"

namespace tapegrad::nn {

/// @addtogroup modules
/// @{

namespace detail {
HookHandle hook_layer(const ModuleRef& model, std::string_view path,
                      tapegrad::detail::HookKind kind, tapegrad::detail::HookFunction call,
                      const char* caller);

/// Registers `f`, which is called with `n` tensors.
template <std::size_t n, class F>
HookHandle hook_layer_by(const ModuleRef& model, std::string_view path,
                         tapegrad::detail::HookKind kind, F f, const char* caller) {
  return hook_layer(model, path, kind, tapegrad::detail::hook_function<n>(std::move(f)), caller);
}

template <class F>
concept SeesOne = tapegrad::detail::TakesTensors<F, const Tensor&>;
template <class F>
concept SeesTwo = tapegrad::detail::TakesTensors<F, const Tensor&, const Tensor&>;
}  // namespace detail

/// @name Hooks of layers
/// Register a function for one layer of `model`: that at `path`, such as "0" or "encoder.fc1", by
/// the names that `visit` gives; without a path, `model` itself, as in
/// `register_forward_hook(net.fc1, f)`. PyTorch's names and order of calls, without the module as
/// an argument: a lambda captures what it has to know.
///
/// Layers of this library, `Sequential` and `Layer` call their hooks, whatever calls them. A module
/// of your own is no such place: as a member of type `nn::Layer`, or within a `Sequential`, it is.
/// What reaches past a layer, as by `linear(x, net.fc1.weight)`, is no call of it.
///
/// Hooks belong to the layer: they move with it, its copies and clones made from then on share them,
/// and they go with the last of these, or by `remove()` of what is returned (which may be dropped).
/// Files do not keep them. Hooks of one kind are called in the order of registration, each with what
/// the one before made of it, on the thread that calls or walks. What they throw the caller gets.
///
/// Errors: `ValueError` where the model has no module of that name, and for one that does not call
/// its hooks.
/// @{

/// Before each call of the layer: `f(x)` with its input. What it returns, unless that is the
/// undefined tensor or nothing, takes its place.
template <class F>
HookHandle register_forward_pre_hook(const ModuleRef& model, std::string_view path, F f) {
  static_assert(detail::SeesOne<F>,
                "this hook is called with the input, and returns another one or nothing: "
                "[](const Tensor& x) { ... }");
  if constexpr (detail::SeesOne<F>)
    return detail::hook_layer_by<1>(model, path, tapegrad::detail::HookKind::forward_pre,
                                    std::move(f), "register_forward_pre_hook");
  else
    return {};
}
/// Refused with a sentence: a number as a name.
template <std::integral Index, class F>
HookHandle register_forward_pre_hook(const ModuleRef&, Index, F) {
  static_assert(tapegrad::detail::never<F>,
                "a layer is named by its path in the model: \"0\", or \"block.fc1\"");
  return {};
}
template <class F>
HookHandle register_forward_pre_hook(const ModuleRef& model, F f) {
  return register_forward_pre_hook(model, "", std::move(f));
}

/// After each call of the layer: `f(x, y)` with its input and its output. What it returns, unless
/// that is the undefined tensor or nothing, takes the place of the output.
template <class F>
HookHandle register_forward_hook(const ModuleRef& model, std::string_view path, F f) {
  static_assert(detail::SeesTwo<F>,
                "this hook is called with input and output, and returns another output or nothing: "
                "[](const Tensor& x, const Tensor& y) { ... }");
  if constexpr (detail::SeesTwo<F>)
    return detail::hook_layer_by<2>(model, path, tapegrad::detail::HookKind::forward, std::move(f),
                                    "register_forward_hook");
  else
    return {};
}
/// Refused with a sentence: a number as a name.
template <std::integral Index, class F>
HookHandle register_forward_hook(const ModuleRef&, Index, F) {
  static_assert(tapegrad::detail::never<F>,
                "a layer is named by its path in the model: \"0\", or \"block.fc1\"");
  return {};
}
template <class F>
HookHandle register_forward_hook(const ModuleRef& model, F f) {
  return register_forward_hook(model, "", std::move(f));
}

/// In each walk that comes through a recorded call of the layer: `f(grad_input, grad_output)`, with
/// the gradient of the input, as far as it comes through this call, and that of the output. A tensor
/// of the same shape and type that it returns takes the place of `grad_input`. Where the input
/// requires no gradient `grad_input` is the undefined tensor; in a walk that does not need its
/// gradient, such as `grad` by a weight, `f` is not called. Put it on before the call: each end of
/// that is then a record on the tape ("module_input", "module_output").
///
/// Errors, in the walk: `GradError` where `f` returns what does not fit.
template <class F>
HookHandle register_full_backward_hook(const ModuleRef& model, std::string_view path, F f) {
  static_assert(detail::SeesTwo<F>,
                "this hook is called with the gradients of input and output, and returns another "
                "one for the input or nothing: [](const Tensor& grad_input, const Tensor& "
                "grad_output) { ... }");
  if constexpr (detail::SeesTwo<F>)
    return detail::hook_layer_by<2>(model, path, tapegrad::detail::HookKind::backward, std::move(f),
                                    "register_full_backward_hook");
  else
    return {};
}
/// Refused with a sentence: a number as a name.
template <std::integral Index, class F>
HookHandle register_full_backward_hook(const ModuleRef&, Index, F) {
  static_assert(tapegrad::detail::never<F>,
                "a layer is named by its path in the model: \"0\", or \"block.fc1\"");
  return {};
}
template <class F>
HookHandle register_full_backward_hook(const ModuleRef& model, F f) {
  return register_full_backward_hook(model, "", std::move(f));
}
/// @}

/// @}

}  // namespace tapegrad::nn
