#pragma once

#include <array>

#include "autograd/kernels/map/row_places.h"
#include "autograd/kernels/simd/arch.h"
#include "autograd/ops/formula/list.h"
#include "autograd/ops/formula/table.h"

// Makes the loops of update formulas for an instruction set. Included by `*.kernels.cpp` alone;
// everything emitted here carries `Arch` in its name.

namespace tapegrad::detail {

// Each file that includes this has loops of its own: no names for the linker, hence small files.
namespace {

// Flat, because a call for each vector would cost more than what it computes.
template <class Arch, class T, class Formula>
[[gnu::flatten]] void update_loop(const void* formula, void* const* arrays, std::int64_t first,
                                  std::int64_t n) {
  kernels::detail::for_each_place<Arch, T>(n, UpdateBody<T, Formula>(formula, arrays, first));
}

/// The tables of these formulas. A `*.kernels.cpp` keeps them, which makes the compiler emit each.
template <class... Formula>
constexpr std::array<const UpdateLoops*, sizeof...(Formula)> update_tables(
    formula::List<Formula...>) {
  return {&kernels::KernelsFor<UpdateLoopsOf<Formula>, kernels::kTargetIsa>::table...};
}

}  // namespace

}  // namespace tapegrad::detail

template <class Formula, tapegrad::kernels::Isa isa>
constinit const tapegrad::detail::UpdateLoopsOf<Formula> tapegrad::kernels::KernelsFor<
    tapegrad::detail::UpdateLoopsOf<Formula>, isa>::table{
    {tapegrad::detail::update_loop<typename tapegrad::kernels::ArchOf<isa>::type, float, Formula>,
     tapegrad::detail::update_loop<typename tapegrad::kernels::ArchOf<isa>::type, double,
                                   Formula>}};
