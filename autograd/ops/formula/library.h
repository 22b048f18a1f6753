#pragma once

#include <array>

#include "autograd/ops/formula/list.h"
#include "autograd/ops/formula/table.h"
#include "autograd/ops/formula/update.h"

// Internal: how the update formulas of a library find their loops for this machine. Included by one
// source file beside the `*.kernels.cpp` that makes the loops.

namespace tapegrad::detail {

template <class Formula>
const UpdateInfo& library_formula() {
  static const UpdateInfo info{Formula::name,       Change(Formula::name),
                               slot_count<Formula>, slot_names<Formula>(),
                               sizeof(Formula),     &kernels::chosen<UpdateLoopsOf<Formula>>()};
  return info;
}

/// Those of a list. A source file keeps them, which makes the compiler emit each.
template <class... Formula>
constexpr std::array<const UpdateInfo& (*)(), sizeof...(Formula)> library_formulas(
    formula::List<Formula...>) {
  return {library_formula<Formula>...};
}

}  // namespace tapegrad::detail
