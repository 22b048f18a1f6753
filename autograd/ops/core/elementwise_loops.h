#pragma once

#include <array>
#include <bit>

#include "autograd/kernels/map/map.h"
#include "autograd/kernels/simd/arch.h"
#include "autograd/ops/core/elementwise_rule.h"
#include "autograd/ops/core/elementwise_table.h"
#include "autograd/ops/formula/formula.h"

// Makes the loops of elementwise operators from their formulas. Included by `*.kernels.cpp` alone;
// everything emitted here carries `Arch` in its name.

namespace tapegrad::detail {

// Each file that includes this has loops of its own: no names for the linker, hence small files.
namespace {

template <class Arch, class T, class Op>
void forward_loop(const void* parameters, const kernels::Operand* in, void* out, std::int64_t outer,
                  std::int64_t inner) {
  const Op op = *static_cast<const Op*>(parameters);
  using V = kernels::Vec<T, Arch>;
  if constexpr (std::is_array_v<decltype(Op::reads)>) {
    kernels::map<Arch, T, 2>(
        [op](V a, V b) __attribute__((always_inline)) { return V(op.forward(a, b)); }, in,
        static_cast<T*>(out), outer, inner);
  } else {
    kernels::map<Arch, T, 1>(
        [op](V a) __attribute__((always_inline)) { return V(op.forward(a)); }, in,
        static_cast<T*>(out), outer, inner);
  }
}

/// The rule of input `Input`: operands are the gradient, then what the rule reads (output, inputs).
template <class Arch, class T, class Op, int Input>
void rule_loop(const void* parameters, const kernels::Operand* in, void* out, std::int64_t outer,
               std::int64_t inner, bool add) {
  const Op op = *static_cast<const Op*>(parameters);
  using V = kernels::Vec<T, Arch>;
  constexpr int count = 1 + std::popcount(reads_of<Op>(Input));
  kernels::map<Arch, T, count>(
      [op]<class... Read>(V g, Read... read) __attribute__((always_inline)) {
        const V values[] = {read...};
        return run_rule<Op, Input>(op, g, values);
      },
      in, static_cast<T*>(out), outer, inner, add);
}

template <class Arch, class Op, int Input>
constexpr void add_rule(ElementwiseLoops& loops) {
  if constexpr (reads_of<Op>(Input) != kNone) {
    loops.rule[Input][0] = rule_loop<Arch, float, Op, Input>;
    loops.rule[Input][1] = rule_loop<Arch, double, Op, Input>;
  }
}

template <class Arch, class Op>
constexpr ElementwiseLoops make_loops() {
  ElementwiseLoops loops;
  loops.forward[0] = forward_loop<Arch, float, Op>;
  loops.forward[1] = forward_loop<Arch, double, Op>;
  add_rule<Arch, Op, 0>(loops);
  if constexpr (std::is_array_v<decltype(Op::reads)>) add_rule<Arch, Op, 1>(loops);
  return loops;
}

/// The tables of these operators. A `*.kernels.cpp` keeps them, which makes the compiler emit each.
template <class... Op>
constexpr std::array<const ElementwiseLoops*, sizeof...(Op)> tables_of(formula::List<Op...>) {
  return {&kernels::KernelsFor<LoopsOf<Op>, kernels::kTargetIsa>::table...};
}

}  // namespace

}  // namespace tapegrad::detail

template <class Op, tapegrad::kernels::Isa isa>
constinit const tapegrad::detail::LoopsOf<Op>
    tapegrad::kernels::KernelsFor<tapegrad::detail::LoopsOf<Op>, isa>::table{
        tapegrad::detail::make_loops<typename tapegrad::kernels::ArchOf<isa>::type, Op>()};
