#pragma once

#include <bit>
#include <type_traits>

#include "autograd/tape/rule.h"

// Internal: how the loops call the rule of a formula. All is inlined, so that nothing is emitted
// here.

namespace tapegrad::detail {

/// What stands in slot `Slot` among the read values, or `NotSaved`.
template <Reads reads, int Slot, class V>
[[gnu::always_inline]] inline auto pick(const V* read) {
  if constexpr (reads >> Slot & 1)
    return read[std::popcount(reads & ((1u << Slot) - 1))];
  else
    return NotSaved();
}

/// The rule of input `Input` at one place: `read` are the values that it reads, of y, a and b.
template <class Op, int Input, class V>
[[gnu::always_inline]] inline V run_rule(const Op& op, V g, const V* read) {
  constexpr Reads reads = reads_of<Op>(Input);
  const auto y = pick<reads, 0>(read);
  const auto a = pick<reads, 1>(read);
  if constexpr (!std::is_array_v<decltype(Op::reads)>) {
    return op.vjp(g, a, y);
  } else {
    const auto b = pick<reads, 2>(read);
    if constexpr (Input == 0)
      return op.vjp_a(g, a, b, y);
    else
      return op.vjp_b(g, a, b, y);
  }
}

}  // namespace tapegrad::detail
