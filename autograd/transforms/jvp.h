#pragma once

/// @file
/// Forward mode: the derivative along a direction, computed beside the value and without a tape.
///
///     const auto f = [](const tg::Tensor& x) { return tg::sin(x) * x; };
///     auto [y, dy] = tg::jvp(f, tg::tensor({1.0, 2.0}), tg::tensor({1.0, 0.0}));

#include <concepts>
#include <functional>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup tape
/// @{

/// `f(x)` for each of several tensors, and its derivative along `v`: the product of the Jacobian
/// and `v`, in **forward mode**, that is computed beside the values and without a tape.
///
///     auto [y, dy] = jvp([](const Tensor& x) { return sin(x) * x; }, x, v);
///
/// `v` holds one tensor for each of `x`, of its shape and type; `f` gets copies of `x`, and what
/// else it uses is constant. Results are as many tensors as `f` returns, and as many derivatives of
/// their shapes, zeros where one does not depend on `x`. Costs about what `f` costs once more, and
/// the memory of two such passes, whatever the number of inputs; one output's derivative along each
/// of many inputs is cheaper by `grad`.
///
/// All operators have a rule for it, your own where their struct says so (custom.h). It can be
/// nested in itself, walked back (`grad` of what it returns), and `f` may call `grad`. Detached
/// values have no tangent, nor have numbers that the host reads (`item`). `f` runs on this thread;
/// what it has other threads compute counts as constant.
///
/// Errors: `ShapeError`, `DTypeError` where `v` does not fit `x`, or `x` is not floating-point;
/// `ValueError` for lists of different lengths; `GradError` for an operator without a rule, and for
/// changes that have none (elements written by the host, a view whose memory is changed); what `f`
/// throws.
std::pair<std::vector<Tensor>, std::vector<Tensor>> jvp(
    const std::function<std::vector<Tensor>(const std::vector<Tensor>&)>& f,
    const std::vector<Tensor>& x, const std::vector<Tensor>& v);

/// @cond
namespace detail {
std::pair<Tensor, Tensor> jvp_of_one(const std::function<Tensor(const Tensor&)>& f, const Tensor& x,
                                     const Tensor& v);
}
/// @endcond

/// The same for one tensor, of which `f` makes one. A template, so that what takes lists is found
/// by lists.
template <std::same_as<Tensor> T, std::invocable<const Tensor&> F>
std::pair<Tensor, Tensor> jvp(F&& f, const T& x, const Tensor& v) {
  return detail::jvp_of_one(std::ref(f), x, v);
}

/// @}

}  // namespace tapegrad
