#pragma once

#include <type_traits>

#include "autograd/base/cxx20.h"

// Internal: what a family of formulas is closed with. Includes nothing of the engine.

namespace tapegrad::formula {

/// @addtogroup formulas
/// @{

/// The formulas of a family.
template <class... Formula>
struct List {};

/// @cond
template <class... Lists>
struct Join;
template <class... Formula>
struct Join<List<Formula...>> {
  using type = List<Formula...>;
};
template <class... A, class... B, class... More>
struct Join<List<A...>, List<B...>, More...> : Join<List<A..., B...>, More...> {};
/// @endcond
/// The formulas of several families, as one list.
template <class... Lists>
using Joined = typename Join<Lists...>::type;

/// True when `Formula` is in the list.
template <class Formula, class... Listed>
constexpr bool lists(List<Listed...>) {
  return (std::is_same_v<Formula, Listed> || ...);
}

/// Found for the formulas of this namespace alone: these are the library's, which has loops of
/// every instruction set for them. One that is in no list does not link where it is used.
template <class Formula>
constexpr bool in_library(const Formula&) {
  return true;
}

/// The square root of a number that is the same for all elements.
[[gnu::always_inline]] inline double sqrt(double x) { return __builtin_sqrt(x); }

/// @}

}  // namespace tapegrad::formula
