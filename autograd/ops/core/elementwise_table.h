#pragma once

#include <cstdint>

#include "autograd/kernels/map/operand.h"
#include "autograd/kernels/simd/cpu.h"

namespace tapegrad::detail {

/// A loop over dense rows of broadcast operands; `parameters` points at the operator's struct.
using Loop = void (*)(const void* parameters, const kernels::Operand* operands, void* out,
                      std::int64_t outer, std::int64_t inner);

/// A loop of a rule. If `add`, it adds to `out`, which saves a gradient that is added up a pass
/// over memory.
using RuleLoop = void (*)(const void* parameters, const kernels::Operand* operands, void* out,
                          std::int64_t outer, std::int64_t inner, bool add);

/// The loops of one elementwise operator for float32 [0] and float64 [1].
struct ElementwiseLoops {
  Loop forward[2] = {};
  RuleLoop rule[2][2] = {};  ///< by input; nullptr where the rule reads nothing
};

/// Those of the operator `Op`: a table of its own, so that a program links no other's.
template <class Op>
struct LoopsOf : ElementwiseLoops {};

/// Those of an operator that is seldom used, for every instruction set. Defined in
/// elementwise_seldom.h.
template <class Op>
struct SeldomLoops {
  static const ElementwiseLoops table;
};

#if defined(__clang__)
#pragma clang diagnostic push
// Defined in the source file of a family.
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif

/// The same by instruction set, as `kernels::kernel_tables` has them.
template <class Op>
inline constexpr const ElementwiseLoops* seldom_tables[] = {
    &SeldomLoops<Op>::table, &SeldomLoops<Op>::table, &SeldomLoops<Op>::table};

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace tapegrad::detail

/// Defined in elementwise_loops.h, for the lists of operators that a `*.kernels.cpp` names.
template <class Op, tapegrad::kernels::Isa isa>
struct tapegrad::kernels::KernelsFor<tapegrad::detail::LoopsOf<Op>, isa> {
  static const tapegrad::detail::LoopsOf<Op> table;
};
