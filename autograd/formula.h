#pragma once

/// @file
/// Updates of tensors by a formula of your own, in one pass over all of them: steps of optimizers,
/// moving averages. The formula is of one element.
///
///     struct Average {
///       static constexpr const char* name = "average";
///       double share;
///       void update(auto& p, auto g) const { p += share * (g - p); }
///     };
///     void follow(tg::Tensor& average, const tg::Tensor& value) {
///       tg::update(Average{.share = 0.1}, average, value);
///     }

#include <concepts>
#include <type_traits>

#include "autograd/ops/formula/list.h"
#include "autograd/ops/formula/loop.h"
#include "autograd/ops/formula/number.h"
#include "autograd/ops/formula/update.h"

namespace tapegrad {

/// @addtogroup formulas
/// A step of an optimizer, or another update in place, is a formula over a parameter, its gradient
/// and what is remembered between steps, its slots. It is declared once, as a struct:
///
///     struct Heavy {  // Polyak, 1964
///       static constexpr const char* name = "heavy_ball";        // for error messages
///       static constexpr const char* slots[] = {"velocity"};     // as many as there are
///       double lr, momentum = 0.9;                               // numbers and flags
///       void update(auto& p, auto g, auto& velocity) const {     // of one element
///         velocity = momentum * velocity - lr * g;
///         p += velocity;
///       }
///     };
///
///     tg::Tensor velocity;
///     tg::update(Heavy{.lr = 0.1}, weight, weight.grad(), velocity);
///
/// The formula uses arithmetic, comparisons, `where(condition, a, b)` and functions such as `sqrt`,
/// `abs` and `maximum` of its arguments, which it is instantiated with: vectors of each instruction
/// set for the formulas of the library (`formula::Adam` and others in nn/optim/formulas.h), and
/// `formula::Number` for those of a program, in the program's own file and with its compiler flags.
/// (A struct that is derived from one of the library's does not link; let it have one as a member.)
/// An `if` may ask for the formula's own numbers only. A formula with slots that not every step
/// uses has `bool uses(std::size_t slot) const`; others are neither read nor made.
/// @{

/// What `update` takes.
template <class Formula>
concept UpdateFormula = std::is_trivially_copyable_v<Formula> && requires {
  { Formula::name } -> std::convertible_to<const char*>;
};

/// @}

namespace detail {

/// One element of arrays.
template <class T>
struct NumberPlace {
  std::int64_t index;

  formula::Number<T> operator()(const T* array) const noexcept { return array[index]; }
  void store(T* array, formula::Number<T> number) const noexcept { array[index] = number.value; }
};

template <class T, class Formula>
void number_loop(const void* formula, void* const* arrays, std::int64_t first, std::int64_t n) {
  const UpdateBody<T, Formula> body(formula, arrays, first);
  for (std::int64_t i = 0; i < n; ++i) body(NumberPlace<T>{i});
}

template <class Formula>
inline constexpr UpdateLoops number_loops{number_loop<float, Formula>,
                                          number_loop<double, Formula>};

template <class Formula>
const UpdateInfo& formula_info() {
  if constexpr (requires(const Formula& formula) { in_library(formula); }) {
    return library_formula<Formula>();
  } else {
    static const UpdateInfo info{Formula::name,       Change(Formula::name),
                                 slot_count<Formula>, slot_names<Formula>(),
                                 sizeof(Formula),     &number_loops<Formula>};
    return info;
  }
}

}  // namespace detail

/// @addtogroup formulas
/// @{

/// Changes `parameter` and its slots in place, by one step of `formula`, in one pass; threads share
/// large tensors. Versions are raised, nothing is recorded, and `gradient` is left alone.
///
/// An undefined slot that the step uses is made, filled with zeros; one of the other floating-point
/// type follows the parameter, which may have been converted (`to_`). Errors, named after the
/// formula: `ValueError` for an undefined parameter or gradient; `DTypeError` unless parameter and
/// gradient have one floating-point type; `ShapeError` unless all shapes are equal; `GradError` for a
/// parameter that an operator made, outside of a `NoGrad` scope. Then nothing has changed.
template <UpdateFormula Formula, std::same_as<Tensor>... Slot>
void update(const Formula& formula, Tensor& parameter, const Tensor& gradient, Slot&... slots) {
  static_assert(sizeof...(slots) == detail::slot_count<Formula>,
                "update() takes one tensor for each of the formula's slots");
  std::size_t slot = 0;
  // One more, because there may be none.
  Tensor* const used[] = {(detail::uses_slot(formula, slot++) ? &slots : nullptr)..., nullptr};
  void* arrays[2 + sizeof...(slots)];
  detail::run_update(detail::formula_info<Formula>(), &formula, parameter, gradient, used, arrays);
}

/// @}

}  // namespace tapegrad
