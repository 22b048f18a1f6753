#pragma once

/// @file
/// Whole Jacobians and Hessians.
///
///     const auto f = [](const tg::Tensor& x) { return tg::sin(x) * tg::sum(x); };
///     const tg::Tensor x = tg::tensor({1.0, 2.0});
///     const tg::Tensor J = tg::jacobian(f, x);  // [2, 2]
///     const tg::Tensor H = tg::hessian([&](const tg::Tensor& t) { return tg::sum(f(t)); }, x);

#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "autograd/transforms/tree.h"

namespace tapegrad {

/// @addtogroup transforms
/// @{

/// In which direction `jacobian` goes through a function.
enum class Direction : std::uint8_t {
  automatic,  ///< forward where there are at least as many outputs as inputs, else reverse
  forward,    ///< a column for each element of the inputs
  reverse,    ///< a row for each element of the outputs
};

/// How `jacobian` and `hessian` compute.
struct JacobianOptions {
  Direction direction = Direction::automatic;  ///< of `jacobian`
  /// So many columns or rows at a time, by one pass through the function; each takes the memory of
  /// one more pass.
  std::int64_t chunk_size = 64;
};

/// @cond
namespace detail {

using Blocks = std::vector<std::vector<Tensor>>;  // for each output, for each input

Blocks checked_jacobian(const ListFunction& f, const std::vector<Tensor>& x,
                        const JacobianOptions& options);
Blocks checked_hessian(const ListFunction& f, const std::vector<Tensor>& x,
                       const JacobianOptions& options);

/// The blocks of an output by the inputs `X`, which are one or a list.
template <class X>
X blocks_by(const std::vector<Tensor>& blocks) {
  if constexpr (std::is_same_v<X, Tensor>)
    return blocks[0];
  else
    return blocks;
}
template <class F, class X>
auto jacobian_of(F& f, const X& x, const JacobianOptions& options) {
  Listed<F, X> listed(f, x);
  using Y = typename Listed<F, X>::Y;
  static_assert(std::is_same_v<Y, Tensor> || std::is_same_v<Y, std::vector<Tensor>>,
                "jacobian takes a function that returns a Tensor or a std::vector of them");
  const Blocks blocks = checked_jacobian(listed, list_of(x), options);
  if constexpr (std::is_same_v<Y, Tensor>) {
    return blocks_by<X>(blocks[0]);
  } else {
    std::vector<X> all;
    for (const std::vector<Tensor>& row : blocks) all.push_back(blocks_by<X>(row));
    return all;
  }
}

}  // namespace detail
/// @endcond

/// The Jacobian of `f` at `x`: the derivative of each element of what `f` returns by each element of
/// `x`, of the shape of the one followed by that of the other. For a list `x` a list, one for each
/// input; where `f` returns a list, a list of these, one for each output. Zeros where an output does
/// not depend on an input.
///
///     const Tensor J = jacobian(f, x);  // f(x): [2, 3], x: [4]; J: [2, 3, 4]
///
/// Goes forward where there are at least as many outputs as inputs, and back else, many columns or
/// rows at a time (`JacobianOptions`), as `vmap` does. Elements that the host reads in `f`, and what
/// other threads compute, count as constant. `f` is called a few times, with the same random numbers
/// of the default generator each time. Where `f` is the same for each of many rows of a batch,
/// `vmap` of `jacobian` is less work than `jacobian` of all. Blocks have the type of the output.
///
/// Results can be differentiated as those of `grad(f)`. Errors: `ShapeError` where a rank would be
/// over 8: `flatten_parameters` makes one vector of inputs; `ValueError` for a `chunk_size` below 1;
/// those of `grad(f)`, `jvp` and `vmap`.
template <class F>
auto jacobian(F&& f, const std::vector<Tensor>& x, const JacobianOptions& options = {}) {
  return detail::jacobian_of(f, x, options);
}
/// The same for one tensor.
template <std::same_as<Tensor> T, class F>
auto jacobian(F&& f, const T& x, const JacobianOptions& options = {}) {
  return detail::jacobian_of(f, x, options);
}

/// The Hessian of the one number that `f` returns: its second derivatives, of shape
/// `x.shape + x.shape`. For a list `x` a list of lists, `H[i][j]` of the shape of input i followed
/// by that of input j. Forward over reverse: as many tangents of the gradient as `x` has elements,
/// `chunk_size` of them at a time. Zeros where `f` is linear, or does not depend on an input. The
/// direction is not looked at. Errors: as `grad(f)` and `jacobian`.
template <class F>
std::vector<std::vector<Tensor>> hessian(F&& f, const std::vector<Tensor>& x,
                                         const JacobianOptions& options = {}) {
  detail::Listed<F, std::vector<Tensor>> listed(f, x);
  return detail::checked_hessian(listed, x, options);
}
/// The same for one tensor.
template <std::same_as<Tensor> T, class F>
Tensor hessian(F&& f, const T& x, const JacobianOptions& options = {}) {
  detail::Listed<F, Tensor> listed(f, x);
  return detail::checked_hessian(listed, {x}, options)[0][0];
}

/// @}

}  // namespace tapegrad
