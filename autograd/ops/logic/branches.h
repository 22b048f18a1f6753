#pragma once

/// @file
/// A choice between two functions, each computed for its own entries alone, so that no NaN of the
/// other branch gets into a gradient.
///
///     tg::Tensor x = tg::tensor({0.0, 4.0}).requires_grad_();
///     const auto root = [](const tg::Tensor& a) { return tg::sqrt(a); };
///     const auto none = [](const tg::Tensor& a) { return 0 * a; };
///     tg::sum(tg::where(x > 0, root, none, x)).backward();

#include <concepts>
#include <functional>
#include <span>
#include <utility>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @cond
namespace detail {
/// A function of the chosen entries of all tensors.
using Branch = std::function<Tensor(std::span<const Tensor> entries)>;
Tensor where_branches(const Tensor& condition, const Branch& f, const Branch& g,
                      std::span<const Tensor> x);

template <class... X, class F>
Branch branch_of(F& f) {
  return [&f](std::span<const Tensor> entries) -> Tensor {
    return [&]<std::size_t... i>(std::index_sequence<i...>) { return f(entries[i]...); }
    (std::index_sequence_for<X...>());
  };
}
}  // namespace detail
/// @endcond

/// @addtogroup arithmetic
/// @{

/// f where `condition` (bool) holds, else g, each computed for its own entries alone:
/// `where(x > 0, [](Tensor v) { return log(v); }, [](Tensor v) { return 0 * v; }, x)`.
///
/// `condition` and all of `x` broadcast to the shape of the result. Each function gets the entries
/// of every x that it is chosen for, in their order, as tensors of one dimension, and returns one
/// value for each of them; one that is chosen for none is not called. Of the other entries it sees
/// nothing, so that no NaN and no infinity of a branch that is not taken reaches the value or a
/// gradient of any order, as 0 * inf does in the gradient of `where(x > 0, log(x), 0)`. The element
/// type is what both results promote to, and that of the first x where there are no entries.
/// Errors: `DTypeError` unless `condition` is bool; `ShapeError` for shapes that do not broadcast,
/// and for a function that returns another shape than that of its entries.
template <class F, class G, std::convertible_to<Tensor>... X>
requires(sizeof...(X) > 0 && std::is_invocable_r_v<Tensor, F&, const X&...> &&
         std::is_invocable_r_v<Tensor, G&, const X&...>) Tensor
    where(const Tensor& condition, F&& f, G&& g, const X&... x) {
  const Tensor all[] = {x...};
  return detail::where_branches(condition, detail::branch_of<X...>(f), detail::branch_of<X...>(g),
                                all);
}

/// @}

}  // namespace tapegrad
