#pragma once

/// @file
/// Products of a Jacobian or a Hessian with vectors, without either.
///
///     const auto f = [](const tg::Tensor& x) { return tg::sin(x) * x; };
///     const auto [y, pullback] = tg::vjp(f, tg::tensor({1.0, 2.0}));
///     const tg::Tensor row = pullback(tg::tensor({1.0, 0.0}));  // the first of the Jacobian

#include <concepts>
#include <memory>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "autograd/transforms/tree.h"

namespace tapegrad {

/// @cond
namespace detail {

std::shared_ptr<const Level> vjp_level(const ListFunction& f, const std::vector<Tensor>& x);
std::vector<Tensor> checked_pull(const Level& level, const std::vector<Tensor>& v);
/// The value, and the products behind it.
std::vector<Tensor> checked_hvp(const ListFunction& f, const std::vector<Tensor>& x,
                                const std::vector<Tensor>& v);

}  // namespace detail
/// @endcond

/// @addtogroup transforms
/// @{

/// The function that `vjp` returns: from a cotangent of the outputs `Y` to that of the inputs `X`,
/// that is the product of it and the Jacobian. Keeps the tape of the call, and can be called as
/// often as wanted; copies share it.
template <class X, class Y>
class Pullback {
 public:
  /// @cond
  Pullback(X x, Y y, std::shared_ptr<const detail::Level> level)
      : x_(std::move(x)), y_(std::move(y)), level_(std::move(level)) {}
  /// @endcond

  /// One tensor for each output, of its shape and type; undefined ones stand for zeros. The result
  /// can be differentiated by `v`, and as those of `grad(f)`. Errors: `ShapeError`, `DTypeError`,
  /// `ValueError` where `v` does not fit the outputs.
  X operator()(const Y& v) const {
    return detail::tree_like(x_, detail::checked_pull(*level_, detail::list_of(v)));
  }

 private:
  X x_;
  Y y_;
  std::shared_ptr<const detail::Level> level_;
};

/// @cond
namespace detail {
template <class F, class X>
auto vjp_of(F& f, const X& x) {
  return allocating_for("vjp", [&] {
    Listed<F, X> listed(f, x);
    std::shared_ptr<const Level> level = vjp_level(listed, list_of(x));
    auto y = listed.result(level->values());
    Pullback<X, decltype(y)> pullback(x, y, std::move(level));
    return std::pair(std::move(y), std::move(pullback));
  });
}
template <class F, class X>
std::pair<Tensor, X> hvp_of(F& f, const X& x, const X& v) {
  return allocating_for("hvp", [&] {
    Listed<F, X> listed(f, x);
    const std::vector<Tensor> all = checked_hvp(listed, list_of(x), list_of(v));
    return std::pair<Tensor, X>(all.back(), tree_like(x, all));
  });
}
}  // namespace detail
/// @endcond

/// `f(x)` for each of several tensors, and the function that multiplies the Jacobian by vectors
/// from the left, in **reverse mode**: `auto [y, pullback] = vjp(f, x)`, then `pullback(v)`, a
/// tensor for each of `x`, of its shape; zeros where nothing depends on one. `f` returns a tensor,
/// or vectors, pairs and tuples of them, and `v` is of the same kind. `f` is called once, as in
/// `grad(f)`. Errors: as `grad(f)`, but for the number.
template <class F>
auto vjp(F&& f, const std::vector<Tensor>& x) {
  return detail::vjp_of(f, x);
}
/// The same for one tensor.
template <std::same_as<Tensor> T, class F>
auto vjp(F&& f, const T& x) {
  return detail::vjp_of(f, x);
}

/// The number `f(x)`, and the product of its Hessian and `v`, which has the shapes of `x`, as `v`
/// has: `auto [y, Hv] = hvp(f, x, v)`. Forward over reverse: costs about two gradients, whatever the
/// number of inputs. Results can be differentiated as those of `grad(f)`. Errors: as `grad(f)` and
/// `jvp`.
template <class F>
std::pair<Tensor, std::vector<Tensor>> hvp(F&& f, const std::vector<Tensor>& x,
                                           const std::vector<Tensor>& v) {
  return detail::hvp_of(f, x, v);
}
/// The same for one tensor.
template <std::same_as<Tensor> T, class F>
std::pair<Tensor, Tensor> hvp(F&& f, const T& x, const T& v) {
  return detail::hvp_of(f, x, v);
}

/// @}

}  // namespace tapegrad
