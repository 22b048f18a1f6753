#pragma once

/// @file
/// Forward mode: the derivative along a direction, computed beside the value and without a tape.
///
///     const auto f = [](const tg::Tensor& x) { return tg::sin(x) * x; };
///     auto [y, dy] = tg::jvp(f, tg::tensor({1.0, 2.0}), tg::tensor({1.0, 0.0}));

#include <concepts>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "autograd/transforms/tree.h"

namespace tapegrad {

/// @cond
namespace detail {
/// Directions may be undefined, for none.
std::pair<std::vector<Tensor>, std::vector<Tensor>> jvp_of_list(const ListFunction& f,
                                                                const std::vector<Tensor>& x,
                                                                const std::vector<Tensor>& v);
/// The same with checks of what a user gives.
std::pair<std::vector<Tensor>, std::vector<Tensor>> checked_jvp(const char* caller,
                                                                const ListFunction& f,
                                                                const std::vector<Tensor>& x,
                                                                const std::vector<Tensor>& v);
template <class F, class X>
auto jvp_of(F& f, const X& x, const X& v) {
  return allocating_for("jvp", [&] {
    Listed<F, X> listed(f, x);
    const auto [y, dy] = checked_jvp("jvp", listed, list_of(x), list_of(v));
    return std::pair(listed.result(y), listed.result(dy));
  });
}
}  // namespace detail
/// @endcond

/// @addtogroup transforms
/// @{

/// `f(x)` for each of several tensors, and its derivative along `v`: the product of the Jacobian
/// and `v`, in **forward mode**, that is computed beside the values and without a tape.
///
///     auto [y, dy] = jvp([](const Tensor& x) { return sin(x) * x; }, x, v);
///
/// `v` holds one tensor for each of `x`, of its shape and type; `f` gets copies of `x`, and what
/// else it uses is constant. Results are what `f` returns (a tensor, or vectors, pairs and tuples of
/// them), and derivatives of the same shapes, zeros where one does not depend on `x`. Costs about
/// what `f` costs once more, and the memory of two such passes, whatever the number of inputs; one
/// output's derivative along each of many inputs is cheaper by `grad`.
///
/// All operators have a rule for it, your own where their struct says so (custom.h). It can be
/// nested in itself, walked back (`grad` of what it returns), and `f` may call `grad`. Detached
/// values have no tangent, nor has what is computed within a `NoGrad` that `f` opens, nor have
/// numbers that the host reads (`item`). `f` runs on this thread;
/// what it has other threads compute counts as constant.
///
/// Errors: `ShapeError`, `DTypeError` where `v` does not fit `x`, or `x` is not floating-point;
/// `ValueError` for lists of different lengths; `GradError` for an operator without a rule, and for
/// changes that have none (elements written by the host, a view whose memory is changed); what `f`
/// throws.
template <class F>
auto jvp(F&& f, const std::vector<Tensor>& x, const std::vector<Tensor>& v) {
  return detail::jvp_of(f, x, v);
}

/// The same for one tensor. A template, so that what takes lists is found by lists.
template <std::same_as<Tensor> T, class F>
auto jvp(F&& f, const T& x, const T& v) {
  return detail::jvp_of(f, x, v);
}

/// @}

}  // namespace tapegrad
