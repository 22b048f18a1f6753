#pragma once

/// @file
/// Implicit differentiation: the gradient of a root or of a minimum for what the problem depends
/// on, by the implicit function theorem and without a tape of the solver.
///
///     const auto g = [](const tg::Tensor& x, const tg::Tensor& p) { return x * x * x + x - p; };
///     const auto newton = [&](const tg::Tensor& p) {
///       tg::Tensor x = tg::zeros_like(p);
///       for (int i = 0; i < 50; ++i) x = x - (x * x * x + x - p) / (3 * x * x + 1);
///       return x;
///     };
///     tg::Tensor p = tg::tensor({1.0, 2.0}, tg::float64).requires_grad_();
///     tg::sum(tg::implicit_root(newton, g, p)).backward();  // p.grad() is 1 / (3 x^2 + 1)

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "autograd/transforms/on_lists.h"

namespace tapegrad {

/// @addtogroup tape
/// @{

/// What is done where a solver did not arrive at a root.
enum class Unsolved {
  error,   ///< a `ValueError`
  warning  ///< `warn`, and the derivatives are those of a root near by
};

/// Solves A x = b, for vectors `[n]` of float64: `product(v)` is A v. What it returns is checked.
using LinearSolver =
    std::function<Tensor(const std::function<Tensor(const Tensor&)>& product, const Tensor& b)>;

/// How a root is taken, and how its linear systems are solved.
struct ImplicitOptions {
  /// The largest absolute value of `g` at a root; 1e-6 for float64, 1e-3 for float32.
  std::optional<double> tolerance = {};
  Unsolved unsolved = Unsolved::error;  ///< what follows where it is larger
  LinearSolver linear_solve = {};       ///< in place of GMRES
  int max_iterations = 1000;            ///< products in one linear system, by GMRES
};

/// @cond
namespace detail {
using ProblemFunction =
    std::function<std::vector<Tensor>(const std::vector<Tensor>& x, const std::vector<Tensor>& p)>;
std::vector<Tensor> implicit_root_now(const TensorsFunction& solver, ProblemFunction g,
                                      const std::vector<Tensor>& p, const ImplicitOptions& options);
std::vector<Tensor> implicit_minimum_now(const TensorsFunction& solver, ProblemFunction f,
                                         const std::vector<Tensor>& p,
                                         const ImplicitOptions& options);

template <class T>
concept TensorOrList = std::same_as<T, Tensor> || std::same_as<T, std::vector<Tensor>>;

/// `list` as a function takes it that takes a `T`.
template <TensorOrList T>
const T& taken(const std::vector<Tensor>& list) {
  if constexpr (std::is_same_v<T, Tensor>)
    return list.front();
  else
    return list;
}
/// `tensor`, or a list, as a list.
template <TensorOrList T>
std::vector<Tensor> as_list(T tensor) {
  if constexpr (std::is_same_v<T, Tensor>)
    return std::vector<Tensor>(1, std::move(tensor));
  else
    return tensor;
}

template <class X, class P, class G>
ProblemFunction problem_of(G&& g) {
  static_assert(std::is_invocable_v<std::decay_t<G>&, const X&, const P&>,
                "the problem is a function of what the solver returns and of the parameters: "
                "(const Tensor& x, const Tensor& p), or with lists where these are lists");
  return [kept = std::decay_t<G>(std::forward<G>(g))](const std::vector<Tensor>& x,
                                                      const std::vector<Tensor>& p) mutable {
    return as_list(kept(taken<X>(x), taken<P>(p)));
  };
}
template <class P, class Solver>
TensorsFunction solver_of(Solver& solver) {
  return [&solver](const std::vector<Tensor>& p) { return as_list(solver(taken<P>(p))); };
}
}  // namespace detail
/// @endcond

/// The root x of `g(x, p) = 0` that `solver(p)` returns, as one operator on `p`: its derivatives
/// are those of the root, whatever the solver did.
///
/// x and `p` are each a `Tensor` or a `std::vector<Tensor>`, of any shapes; `g` returns what x has:
/// as many equations as unknowns, of the same shapes. The solver runs under `NoGrad` on `p` without
/// history; where it takes gradients itself it opens an `EnableGrad`. What `g` captures gets its
/// gradients as `p` does, so parameters of a network need not be listed.
///
/// In a walk the rule solves J^T u = v for the gradient v of x, J the Jacobian of `g` for x, and
/// hands on -u^T dg/dp: dx = -J^-1 (dg/dp) dp. By products alone, with GMRES, until rounding is all
/// that is left; small or ill-conditioned systems may bring a solver of their own (`linear_solve`).
/// Many roots at once, independent of each other, are one system, block by block. Forward mode
/// (`jvp`) solves J dx = -(dg/dp) dp. Both can be differentiated again, to any order.
///
/// `g` is kept, as the function of `checkpoint` is, and has to be the same each time. As
/// `custom_root` in JAX and TorchOpt (Blondel et al., "Efficient and modular implicit
/// differentiation", NeurIPS 2022). Errors: `ValueError` where `g` is larger than
/// `options.tolerance` (or a warning, see `Unsolved`); `ShapeError`, `DTypeError` where `g` does
/// not fit x; from the walk `GradError` where the linear system has no solution, as at a singular
/// J, or needs more than `options.max_iterations` products; what the functions throw.
template <detail::TensorOrList P, std::invocable<const P&> Solver, class G>
auto implicit_root(Solver&& solver, G&& g, const P& p, const ImplicitOptions& options = {}) {
  using X = std::invoke_result_t<Solver&, const P&>;
  return detail::returned<X>(detail::implicit_root_now(detail::solver_of<P>(solver),
                                                       detail::problem_of<X, P>(std::forward<G>(g)),
                                                       detail::as_list(p), options));
}

/// The minimum (or another stationary point) of `f(x, p)` over x that `solver(p)` returns, as
/// `implicit_root` of the gradient of `f` for x; J is the Hessian. `f` returns one element: of many
/// minima at once, the sum. Errors: as for `implicit_root`, of the gradient of `f`.
template <detail::TensorOrList P, std::invocable<const P&> Solver, class F>
auto implicit_minimum(Solver&& solver, F&& f, const P& p, const ImplicitOptions& options = {}) {
  using X = std::invoke_result_t<Solver&, const P&>;
  return detail::returned<X>(detail::implicit_minimum_now(
      detail::solver_of<P>(solver), detail::problem_of<X, P>(std::forward<F>(f)),
      detail::as_list(p), options));
}

/// @}

}  // namespace tapegrad
