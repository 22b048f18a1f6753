#pragma once

#include <bit>
#include <type_traits>

#include "autograd/ops/core/elementwise_rule.h"
#include "autograd/ops/core/elementwise_table.h"
#include "autograd/ops/formula/functions.h"
#include "autograd/ops/formula/number.h"

// Makes the loops of formulas that see one element at a time and compute in float64: a function of
// a few hundred bytes, once, in place of vectors of three instruction sets and two types. Those of
// formulas that are seldom used, which rest on the C library, and those of all others for
// processors without AVX2. Included by the source file of a family.

namespace tapegrad::detail {

/// A formula, or its rule, at one element. `parameters` points at the operator's struct.
using ElementFunction = double (*)(const void* parameters, const double* values);

/// out[o][i] = f(in0[o][i], ...) for `outer` rows of `inner` elements of `count` operands, as
/// `kernels::map` has it. For float and double.
template <class T>
void each_element(ElementFunction f, const void* parameters, int count, const kernels::Operand* in,
                  void* out, std::int64_t outer, std::int64_t inner, bool add);

template <class Op>
double scalar_value(const void* parameters, const double* in) {
  using Number = formula::Number<double>;
  const Op& op = *static_cast<const Op*>(parameters);
  if constexpr (std::is_array_v<decltype(Op::reads)>)
    return Number(op.forward(Number(in[0]), Number(in[1]))).value;
  else
    return Number(op.forward(Number(in[0]))).value;
}

/// Values are the gradient, then what the rule of input `Input` reads.
template <class Op, int Input>
double scalar_rule(const void* parameters, const double* in) {
  using Number = formula::Number<double>;
  const Number values[] = {in[0], in[1], in[2], in[3]};
  return run_rule<Op, Input>(*static_cast<const Op*>(parameters), values[0], values + 1).value;
}

template <class T, ElementFunction f, int count>
void scalar_forward_loop(const void* parameters, const kernels::Operand* in, void* out,
                         std::int64_t outer, std::int64_t inner) {
  each_element<T>(f, parameters, count, in, out, outer, inner, false);
}
template <class T, ElementFunction f, int count>
void scalar_rule_loop(const void* parameters, const kernels::Operand* in, void* out,
                      std::int64_t outer, std::int64_t inner, bool add) {
  each_element<T>(f, parameters, count, in, out, outer, inner, add);
}

template <class Op, int Input>
constexpr void add_scalar_rule(ElementwiseLoops& loops) {
  if constexpr (reads_of<Op>(Input) != kNone) {
    constexpr int count = 1 + std::popcount(reads_of<Op>(Input));
    loops.rule[Input][0] = scalar_rule_loop<float, scalar_rule<Op, Input>, count>;
    loops.rule[Input][1] = scalar_rule_loop<double, scalar_rule<Op, Input>, count>;
  }
}

template <class Op>
constexpr ElementwiseLoops make_scalar_loops() {
  constexpr bool binary = std::is_array_v<decltype(Op::reads)>;
  ElementwiseLoops loops;
  loops.forward[0] = scalar_forward_loop < float, scalar_value<Op>, binary ? 2 : 1 > ;
  loops.forward[1] = scalar_forward_loop < double, scalar_value<Op>, binary ? 2 : 1 > ;
  add_scalar_rule<Op, 0>(loops);
  if constexpr (binary) add_scalar_rule<Op, 1>(loops);
  return loops;
}

}  // namespace tapegrad::detail

template <class Op>
constinit const tapegrad::detail::ElementwiseLoops tapegrad::detail::ScalarLoops<Op>::table{
    tapegrad::detail::make_scalar_loops<Op>()};
