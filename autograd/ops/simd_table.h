#pragma once

#include <bit>

#include "autograd/kernels/layer_norm.h"
#include "autograd/kernels/map.h"
#include "autograd/kernels/optim.h"
#include "autograd/kernels/reduce.h"
#include "autograd/kernels/rows.h"
#include "autograd/ops/kernel_table.h"
#include "autograd/tape/apply.h"

// Fills a `KernelTable` for one instruction set. Included by one source file per instruction set,
// which is compiled with that set's flags; everything emitted here carries `Arch` in its name.

namespace tapegrad::detail {

// Each file that includes this has loops of its own: no names for the linker, hence small files.
namespace {

/// The vector that stands in slot `Slot` among the read ones, or `NotSaved`.
template <Reads reads, int Slot, class V>
[[gnu::always_inline]] inline auto pick(const V* read) {
  if constexpr (reads >> Slot & 1)
    return read[std::popcount(reads & ((1u << Slot) - 1))];
  else
    return NotSaved();
}

template <class Arch, class Op, int Input, class V>
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
        return run_rule<Arch, Op, Input>(op, g, values);
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

template <class Arch, class T>
constexpr RowLoops<T> make_row_loops() {
  using namespace kernels;
  return {.reduce_rows = {reduce_rows<Arch, T, Sum>, reduce_rows<Arch, T, Prod>,
                          reduce_rows<Arch, T, Max>, reduce_rows<Arch, T, Min>},
          .reduce_columns = {reduce_columns<Arch, T, Sum>, reduce_columns<Arch, T, Prod>,
                             reduce_columns<Arch, T, Max>, reduce_columns<Arch, T, Min>},
          .softmax = softmax<Arch, T>,
          .softmax_rule = softmax_rule<Arch, T>,
          .log_softmax = log_softmax<Arch, T>,
          .log_softmax_rule = log_softmax_rule<Arch, T>,
          .logsumexp = logsumexp<Arch, T>,
          .cross_entropy = cross_entropy<Arch, T>,
          .cross_entropy_rule = cross_entropy_rule<Arch, T>,
          .layer_norm = layer_norm<Arch, T>,
          .layer_norm_rule = layer_norm_rule<Arch, T>,
          .layer_norm_sums = layer_norm_sums<Arch, T>,
          .sgd = sgd<Arch, T>,
          .adam = adam<Arch, T>,
          .rmsprop = rmsprop<Arch, T>,
          .adagrad = adagrad<Arch, T>};
}

template <class Arch, class... Op>
constexpr KernelTable make_table(formula::List<Op...>) {
  KernelTable table;
  int i = 0;
  ((table.elementwise[i++] = make_loops<Arch, Op>()), ...);
  table.float_rows = make_row_loops<Arch, float>();
  table.double_rows = make_row_loops<Arch, double>();
  return table;
}

}  // namespace

}  // namespace tapegrad::detail
