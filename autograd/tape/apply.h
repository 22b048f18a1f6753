#pragma once

#include <array>
#include <span>
#include <utility>

#include "autograd/tape/record.h"
#include "autograd/tensor/require.h"

// How an operator written as a struct gets onto the tape. `custom.h` explains the struct to users.

namespace tapegrad {

/// What a rule gets in place of a value that its operator did not say it reads. Any use of it as a
/// tensor does not compile.
struct NotSaved {};

namespace detail {

template <class Op, class... A>
Tensor call_rule(std::integral_constant<int, 0>, const Op& op, const A&... args) {
  if constexpr (requires { op.vjp(args...); })
    return op.vjp(args...);
  else
    return op.vjp_a(args...);
}
template <class Op, class... A>
Tensor call_rule(std::integral_constant<int, 1>, const Op& op, const A&... args) {
  return op.vjp_b(args...);
}
template <class Op, class... A>
Tensor call_rule(std::integral_constant<int, 2>, const Op& op, const A&... args) {
  return op.vjp_c(args...);
}
template <class Op, class... A>
Tensor call_rule(std::integral_constant<int, 3>, const Op& op, const A&... args) {
  return op.vjp_d(args...);
}

/// What the rule of input `input` reads; an operator with one input need not write an array.
template <class Op>
constexpr Reads reads_of(int input) {
  if constexpr (std::is_array_v<decltype(Op::reads)>)
    return Op::reads[input];
  else
    return Op::reads;
}

/// Inputs of `Op` that never have a gradient, such as indices.
template <class Op>
constexpr Reads constant_inputs() {
  if constexpr (requires { Op::constant; })
    return Op::constant;
  else
    return kNone;
}

/// The record of one call of a structured operator with `N` inputs.
template <class Op, int N>
struct RecordOf final : Record {
  RecordOf(Op&& operation, const Tensor& made) noexcept
      : Record(N, edge, slot, made), op(std::move(operation)) {}

  const char* name() const noexcept override { return Op::name; }
  Tensor vjp(int input, const Tensor& gradient, bool create_graph) override {
    return dispatch(input, gradient, create_graph, std::make_integer_sequence<int, N>());
  }

  Op op;
  Edge edge[N];
  Saved slot[slots_for(N)];

 private:
  template <int... K>
  Tensor dispatch(int input, const Tensor& gradient, bool create_graph,
                  std::integer_sequence<int, K...>) {
    Tensor result;
    const auto run = [&](auto k) {
      if constexpr (!(constant_inputs<Op>() >> (k.value + 1) & 1)) {
        result = call_rule(k, op, gradient, argument<k.value, K + 1>(create_graph)...,
                           argument<k.value, 0>(create_graph));
      }
    };
    ((K == input ? run(std::integral_constant<int, K>()) : void()), ...);
    return result;
  }

  /// Saved value `Slot` for the rule of input `Input`.
  template <int Input, int Slot>
  auto argument(bool create_graph) {
    if constexpr (!(reads_of<Op>(Input) >> Slot & 1)) {
      return NotSaved();
    } else if constexpr (Slot == 0) {
      return output(create_graph);
    } else {
      return this->input(Slot - 1, create_graph);
    }
  }
};

/// What `apply` seldom has to do with a result: throws where it is none, or where it cannot be
/// recorded; notes where graphs ended; makes a tensor of its own for a record.
/// `history`: an input has one.
void settle_result(Tensor& output, const char* name, std::span<const Tensor* const> inputs,
                   bool history);

/// Records the call `op(inputs...) = output`. Saves what the rules of those inputs read that have
/// an edge.
template <class Op, class... Tensors>
[[gnu::noinline]] void record_call(Op&& op, const Tensor& output, const Tensors&... inputs) {
  constexpr int n = sizeof...(Tensors);
  auto* record = new_record<RecordOf<std::remove_cvref_t<Op>, n>>(std::forward<Op>(op), output);
  const Tensor* const all[] = {&inputs...};
  Reads reads = kNone;
  for (int i = 0; i < n; ++i) {
    if (constant_inputs<std::remove_cvref_t<Op>>() >> (i + 1) & 1) continue;
    record->edge[i].connect(*all[i]);
    if (record->edge[i]) reads |= reads_of<std::remove_cvref_t<Op>>(i);
  }
  for (int i = 0; i < n; ++i) {
    if (reads >> (i + 1) & 1 && all[i]->defined()) record->slot[i + 1].save(all[i]->impl());
  }
  if (reads & kY) record->slot[0].save(output.impl());
  record->attach(output);
}

}  // namespace detail

/// Runs the operator `op` on `inputs` and records it where one of them requires a gradient.
///
/// An operator is a struct with
///  - `static constexpr const char* name`
///  - `Tensor forward(const Tensor&...) const`, not recorded while it runs. Where it returns a
///    tensor that was there before, such as an input, the result is a view of that.
///  - one rule per input that returns the cotangent of that input: `vjp` for one input, else
///    `vjp_a` to `vjp_d`. Arguments: the gradient of the output, every input, the output.
///    What the rule does not read arrives as `NotSaved`, so declare that parameter `auto`.
///  - `static constexpr Reads reads[]`: for each input, what its rule reads: `kNone`, or a sum of
///    `kA` to `kD` (inputs) and `kY` (the output). Only that is kept.
///  - optionally `static constexpr Reads constant`: inputs that have no gradient (indices).
/// Rules are written with the public operators, so that they can be differentiated again.
template <class Op, class... Tensors>
Tensor apply(Op op, const Tensors&... inputs) {
  static_assert(sizeof...(Tensors) >= 1 && sizeof...(Tensors) <= 4,
                "an operator has one to four tensor inputs");
  static_assert(sizeof(Op::reads) / sizeof(Reads) == sizeof...(Tensors),
                "an operator says for every input what its rule reads: reads[] has one entry each");
  const bool history = (detail::requires_record(inputs) || ...);
  Tensor output = detail::allocating_for(Op::name, [&] {
    const NoGrad no_grad;
    return op.forward(inputs...);
  });
  const bool record = history && grad_enabled();
  const bool settled =
      output.defined() &&
      (record ? detail::is_recordable(output) : !history && !((detail::cuts_of(inputs) | ...)));
  if (!settled) detail::settle_result(output, Op::name, std::array{&inputs...}, history);
  if (record) detail::record_call(std::move(op), output, inputs...);
  return output;
}

}  // namespace tapegrad
