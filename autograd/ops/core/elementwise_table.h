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

}  // namespace tapegrad::detail

/// Defined in elementwise_loops.h, for the lists of operators that a `*.kernels.cpp` names.
template <class Op, tapegrad::kernels::Isa isa>
struct tapegrad::kernels::KernelsFor<tapegrad::detail::LoopsOf<Op>, isa> {
  static const tapegrad::detail::LoopsOf<Op> table;
};

namespace tapegrad::detail {

/// Those of `Op` without vectors, an element at a time. Defined in elementwise_scalar.h.
template <class Op>
struct ScalarLoops {
  static const ElementwiseLoops table;
};

#if defined(__clang__)
#pragma clang diagnostic push
// Defined in the source file of a family, or in a file of its instruction set.
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif

/// The loops of an operator by instruction set, as `kernels::kernel_tables` has them. x86
/// processors without AVX2, from before 2013 or small, do without vectors here: those of SSE2 would
/// be a twentieth of the library, which few ever run.
template <class Op>
inline constexpr const ElementwiseLoops* vector_tables[] = {
#if defined(TAPEGRAD_X86)
    &ScalarLoops<Op>::table,
    &kernels::KernelsFor<LoopsOf<Op>, kernels::Isa::avx2>::table,
    &kernels::KernelsFor<LoopsOf<Op>, kernels::Isa::avx512>::table,
#else
    &kernels::KernelsFor<LoopsOf<Op>, kernels::Isa::baseline>::table,
#endif
};

/// The same of one that is seldom used, which has no vectors anywhere.
template <class Op>
inline constexpr const ElementwiseLoops* scalar_tables[] = {
    &ScalarLoops<Op>::table, &ScalarLoops<Op>::table, &ScalarLoops<Op>::table};

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

}  // namespace tapegrad::detail
