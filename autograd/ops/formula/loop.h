#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "autograd/base/cxx20.h"

// Internal: the body that all loops of an update formula share. Includes nothing of the engine.

namespace tapegrad::detail {

/// A loop over the `n` elements from `first` on. `arrays` are the parameter, the gradient and the
/// slots. The parameter stands in for a slot that the step does not use: reading it once more costs
/// less than to ask at each element, and it is not written there. `formula` points at the struct.
using UpdateLoop = void (*)(const void* formula, void* const* arrays, std::int64_t first,
                            std::int64_t n);

/// The loops of one formula.
struct UpdateLoops {
  UpdateLoop float32, float64;
};

/// How many slots a formula has.
template <class Formula>
constexpr std::size_t count_slots() {
  if constexpr (requires { Formula::slots; })
    return std::size(Formula::slots);
  else
    return 0;
}
template <class Formula>
inline constexpr std::size_t slot_count = count_slots<Formula>();

/// Their names, if there are any.
template <class Formula>
constexpr const char* const* slot_names() {
  if constexpr (slot_count < Formula >> 0)
    return Formula::slots;
  else
    return nullptr;
}

/// Whether this step reads and changes a slot; it does unless the formula says something else.
template <class Formula>
[[gnu::always_inline]] inline constexpr bool uses_slot(const Formula& formula, std::size_t slot) {
  if constexpr (requires { formula.uses(slot); })
    return formula.uses(slot);
  else
    return true;
}

/// What happens at each place of the arrays: all are loaded, the formula applied, and what changed
/// stored.
template <class T, class Formula>
class UpdateBody {
 public:
  [[gnu::always_inline]] UpdateBody(const void* formula, void* const* arrays, std::int64_t first)
      : UpdateBody(*static_cast<const Formula*>(formula), arrays, first,
                   std::make_index_sequence<2 + slot_count<Formula>>()) {}

  template <class Place>
  [[gnu::always_inline]] void operator()(Place at) const {
    run(at, std::make_index_sequence<slot_count<Formula>>());
  }

 private:
  static constexpr std::size_t kNoArgument = ~std::size_t{0};
  /// Whether update() can be called with lvalues, but for argument `value`, the parameter (0) or
  /// a slot (from 1 on), which is a mere value.
  template <class Value, std::size_t value, std::size_t... slot>
  static constexpr bool takes = requires(const Formula& formula) {
    formula.update(std::declval<std::conditional_t<value == 0, Value, Value&>>(),
                   std::declval<Value>(),
                   std::declval<std::conditional_t<value == 1 + slot, Value, Value&>>()...);
  };

  template <std::size_t... i>
  [[gnu::always_inline]] UpdateBody(const Formula& formula, void* const* arrays, std::int64_t first,
                                    std::index_sequence<i...>)
      : formula_(formula), arrays_{static_cast<T*>(arrays[i]) + first...} {}

  template <class Place, std::size_t... slot>
  [[gnu::always_inline]] void run(Place at, std::index_sequence<slot...>) const {
    auto parameter = at(arrays_[0]);
    using Value = decltype(parameter);
    const Value gradient = at(arrays_[1]);
    static_assert(
        takes<Value, kNoArgument, slot...>,
        "a formula's update() takes the parameter, the gradient and one argument for each "
        "of its slots");
    static_assert(
        !takes<Value, 0, slot...> && !(takes<Value, 1 + slot, slot...> || ...),
        "a formula's update() takes the parameter and its slots as auto&, to change them");
    Value slots[] = {at(arrays_[2 + slot])..., gradient};  // one more, because there may be none
    formula_.update(parameter, gradient, slots[slot]...);
    ((uses_slot(formula_, slot) ? at.store(arrays_[2 + slot], slots[slot]) : void()), ...);
    at.store(arrays_[0], parameter);
  }

  Formula formula_;
  T* arrays_[2 + slot_count<Formula>];
};

}  // namespace tapegrad::detail
