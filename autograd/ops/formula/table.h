#pragma once

#include "autograd/kernels/simd/cpu.h"
#include "autograd/ops/formula/loop.h"

namespace tapegrad::detail {

/// The loops of `Formula` for one instruction set: a table of its own, so that a program links no
/// other's.
template <class Formula>
struct UpdateLoopsOf : UpdateLoops {};

}  // namespace tapegrad::detail

/// Defined in kernels.h, for the lists of formulas that a `*.kernels.cpp` names.
template <class Formula, tapegrad::kernels::Isa isa>
struct tapegrad::kernels::KernelsFor<tapegrad::detail::UpdateLoopsOf<Formula>, isa> {
  static const tapegrad::detail::UpdateLoopsOf<Formula> table;
};
