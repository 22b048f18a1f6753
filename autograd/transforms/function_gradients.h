#pragma once

/// @file
/// The gradient of a function as a function.
///
///     const auto cube = [](const tg::Tensor& x) { return x * x * x; };
///     const auto slope = tg::grad(cube);
///     const auto curvature = tg::grad(slope);
///     const tg::Tensor y = curvature(tg::tensor(2.0));  // 12

#include <concepts>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "autograd/transforms/tree.h"

namespace tapegrad {

/// @cond
namespace detail {

std::vector<Tensor> checked_gradients(const char* caller, const ListFunction& f,
                                      const std::vector<Tensor>& x);

template <class F, class X>
std::pair<X, Tensor> gradient_and_value_of(const char* caller, const F& f, const X& x) {
  return allocating_for(caller, [&] {
    Listed<const F, X> listed(f, x);
    const std::vector<Tensor> all = checked_gradients(caller, listed, list_of(x));
    return std::pair<X, Tensor>(tree_like(x, all), all.back());
  });
}

/// What `grad` makes of `F`.
template <class F>
class GradientOf {
 public:
  explicit GradientOf(F f) : f_(std::move(f)) {}
  template <std::same_as<Tensor> T>
  Tensor operator()(const T& x) const {
    return gradient_and_value_of("grad", f_, x).first;
  }
  std::vector<Tensor> operator()(const std::vector<Tensor>& x) const {
    return gradient_and_value_of("grad", f_, x).first;
  }

 private:
  F f_;
};

/// What `grad_and_value` makes of `F`.
template <class F>
class GradientAndValueOf {
 public:
  explicit GradientAndValueOf(F f) : f_(std::move(f)) {}
  template <std::same_as<Tensor> T>
  std::pair<Tensor, Tensor> operator()(const T& x) const {
    return gradient_and_value_of("grad_and_value", f_, x);
  }
  std::pair<std::vector<Tensor>, Tensor> operator()(const std::vector<Tensor>& x) const {
    return gradient_and_value_of("grad_and_value", f_, x);
  }

 private:
  F f_;
};

}  // namespace detail
/// @endcond

/// @addtogroup transforms
/// @{

/// The gradient of `f` as a function: `grad(f)(x)` has the shape and type of `x`, or is one for each
/// of a list `x`. `f` takes a tensor or a list of them, and returns one number (a tensor of one
/// element, of any rank).
///
///     const auto slope = grad([](const Tensor& x) { return sum(sin(x)); });  // cos
///
/// `f` gets values of its own, equal to `x`, so that what it holds of `x` itself is constant; the
/// tape of the call goes with it. Where `f` does not depend on an input, or on any, that gradient is
/// zeros.
///
/// What it returns can be differentiated again: by `grad` around it, by `jvp`, and by `backward()`,
/// where `x`, or a tensor that `f` uses besides, requires a gradient; then, and only then, it
/// requires one too. Within `NoGrad` it computes the same, and nothing is recorded around it;
/// `NoGrad` within `f` cuts what it surrounds off. Costs two to three times `f`.
///
/// Errors, all thrown by the function that it returns: `GradError` where `f` returns more than one
/// number; `DTypeError` where an input or that number is not floating-point; `ValueError` for
/// undefined tensors; what `f` throws.
template <class F>
auto grad(F f) {
  return detail::GradientOf<F>(std::move(f));
}

/// The same with the value: `auto [g, y] = grad_and_value(f)(x)`. Gradient first, as in torch.func.
template <class F>
auto grad_and_value(F f) {
  return detail::GradientAndValueOf<F>(std::move(f));
}

/// @}

}  // namespace tapegrad
