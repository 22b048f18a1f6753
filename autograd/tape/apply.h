#pragma once

/// @file
/// How an operator written as a struct gets onto the tape: `apply`, whose text explains all that
/// the struct may say. The page @ref your_own has whole examples.
///
///     struct Halve {
///       static constexpr const char* name = "halve";
///       static constexpr tg::Reads reads[] = {tg::kNone};
///       static constexpr bool linear = true;
///       tg::Tensor forward(const tg::Tensor& x) const { return x / 2; }
///       tg::Tensor vjp(const tg::Tensor& g, auto, auto) const { return g / 2; }
///     };
///     tg::Tensor halve(const tg::Tensor& x) { return tg::apply(Halve{}, x); }

#include <array>
#include <span>
#include <utility>

#include "autograd/base/try.h"
#include "autograd/tape/attributes.h"
#include "autograd/tape/record.h"
#include "autograd/tape/rule.h"
#include "autograd/tape/tangent.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

/// @addtogroup custom
/// @{

namespace detail {

/// The record of one call of a structured operator with `N` inputs.
template <class Op, int N>
struct RecordOf final : Record {
  RecordOf(Op&& operation, const Tensor& made) noexcept(std::is_nothrow_move_constructible_v<Op>)
      : Record(made), op(std::move(operation)) {
    adds = requires { op.vjp_add(made, made); };
    spreads = requires { requires Op::spreads_gradient; };
  }

  const char* name() const noexcept override { return Op::name; }
  Tensor vjp(int input, const Tensor& gradient, bool create_graph) override {
    return dispatch(input, gradient, create_graph, std::make_integer_sequence<int, N>());
  }
  bool vjp_into(int, const Tensor& gradient, Impl* result, bool) override {
    if constexpr (requires { op.vjp_add(gradient, gradient); }) op.vjp_add(gradient, share(result));
    return adds;
  }

  [[no_unique_address]] Op op;

 private:
  template <int... K>
  Tensor dispatch(int input, const Tensor& gradient, bool create_graph,
                  std::integer_sequence<int, K...>) {
    Tensor result;
    const auto run = [&](auto k) {
      if constexpr (!(constant_inputs<Op>() >> (k.value + 1) & 1)) {
        const auto call = [&](const auto&... kept) {
          result = cotangent_of<k.value>(op, create_graph, gradient,
                                         argument<k.value, K + 1>(create_graph)...,
                                         argument<k.value, 0>(create_graph), kept...);
        };
        if constexpr (kept_count<Op>() == 0)
          call();
        else if constexpr (reads_of<Op>(k.value) & kKept)
          call(all_kept(std::make_index_sequence<kept_count<Op>()>()));
        else
          call(NotSaved());
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
      return this->input(Slot - 1, saved_value(Slot), create_graph);
    }
  }

  /// The value in the slot of `position`, or nullptr.
  [[gnu::always_inline]] Impl* saved_value(std::uint32_t position) const noexcept {
    const Saved* slot = packed_slot(position);
    return slot ? slot->value() : nullptr;
  }

  template <std::size_t... i>
  KeptBy<Op> all_kept(std::index_sequence<i...>) const {
    return {this->kept(saved_value(1 + N + i))...};
  }
};

/// What `apply` seldom has to do with a result: throws where it is none, or where it cannot be
/// recorded; notes where graphs ended; makes a tensor of its own for a record.
/// `history`: an input has one.
void settle_result(Tensor& output, const char* name, std::span<const Tensor* const> inputs,
                   bool history);

/// True when a result needs no `settle_result`: it can be recorded, or, when there is nothing to
/// record, no graph ended on the way to it. `cuts`: of all inputs.
inline bool is_settled(const Tensor& output, bool history, bool record, unsigned cuts) noexcept {
  return output.defined() && (record ? is_recordable(output) : !history && !cuts);
}

/// Has `output` be a value of its own where the forward returned one of `inputs`, for watchers.
[[gnu::cold]] void give_own_value(Tensor& output, std::initializer_list<const Tensor*> inputs);

/// Records the call `op(inputs...) = output`. Saves what the rules of those inputs read that have
/// an edge.
template <class Op, class... Tensors>
[[gnu::noinline]] void record_call(Op&& op, const Tensor& output, const KeptBy<Op>& kept,
                                   const Tensors&... inputs) {
  constexpr std::uint32_t n = sizeof...(Tensors);
  static_assert(1 + n + kept_count<Op>() <= 16,
                "an operator has at most 15 inputs and kept values, or takes a list of inputs");
  // What the functions below do with each input, and its number.
  const auto each = [&](auto f) __attribute__((always_inline)) {
    int i = 0;
    (f(i++, inputs), ...);
  };
  Reads reads = kNone;
  bool connected[n];
  each([&](int i, const Tensor& input) __attribute__((always_inline)) {
    connected[i] = !(constant_inputs<Op>() >> (i + 1) & 1) && requires_record(input);
    if (connected[i]) reads |= reads_of<Op>(i);
  });
  RecordRoom room{n, reads & kY, reads & kY};
  const auto keep = [&](unsigned position, bool read, const Tensor& value) {
    if (!read || !value.defined()) return;
    room.kept |= 1u << position;
    ++room.slots;
  };
  each([&](int i, const Tensor& input) __attribute__((always_inline)) {
    keep(1u + static_cast<unsigned>(i), reads >> (i + 1) & 1, input);
  });
  for (std::size_t k = 0; k < kept.size(); ++k)
    keep(1u + n + static_cast<unsigned>(k), reads & kKept, kept[k]);

  auto* record = new_record<RecordOf<Op, n>>(room, std::move(op), output);
  Edge* edge = record->edges().data();
  Saved* slot = record->slots().data();
  if (reads & kY) new (slot++) Saved(impl_of(output));
  each([&](int i, const Tensor& input) __attribute__((always_inline)) {
    connected[i] ? new (edge + i) Edge(input) : new (edge + i) Edge;
    if (room.kept >> (i + 1) & 1) new (slot++) Saved(impl_of(input));
  });
  for (std::size_t k = 0; k < kept.size(); ++k)
    if (room.kept >> (1 + n + k) & 1) new (slot++) Saved(impl_of(kept[k]));
  record->attach(output);
}

/// Whether `Op` says what no operator can do without.
template <class Op>
consteval bool says_what_it_is() {
  constexpr bool named = requires { static_cast<const char*>(Op::name); };
  constexpr bool reads = !(
      !requires { Op::reads; } && !requires { Op::cut; });
  static_assert(named, "an operator has a name: static constexpr const char* name = \"scale\"");
  static_assert(reads,
                "an operator says what its rules read: static constexpr Reads reads[] = {kA}, an "
                "entry for each input");
  return named && reads;
}

/// How many inputs `Op`, which names each of them, has.
template <class Op>
constexpr std::size_t input_count() {
  if constexpr (requires { Op::inputs; })
    return Op::inputs;
  else
    return sizeof(Op::reads) / sizeof(Reads);
}

/// A list of one tensor.
std::vector<Tensor> listed(Tensor tensor);

/// Calls `op`, which names each of its inputs.
template <class Op>
[[gnu::cold]] std::vector<Tensor> call_on(Op op, std::span<const Tensor> inputs);

/// Calls `Op` with these attributes on a batch.
template <class Op>
[[gnu::cold]] Tensor call_batched(std::span<const Attribute> attributes, const Batch& batch) {
  return with_attributes<Op>(attributes).batched(batch);
}

/// What is known of `Op` without a call; `call` calls it. `listed`: its inputs are a list.
template <class Op, std::vector<Tensor> (*call)(Op, std::span<const Tensor>), bool listed>
constexpr OperatorType describe_operator() {
  constexpr bool has_gradient = !requires { Op::cut; };
  OperatorType type{Op::name, has_gradient, nullptr, nullptr, onnx_form<Op>()};
  if constexpr (has_attributes<Op>()) {
    type.attributes = attributes_of<Op>;
    type.call = [](std::span<const Attribute> attributes, std::span<const Tensor> inputs) {
      return call(with_attributes<Op>(attributes), inputs);
    };
  } else if constexpr (std::is_copy_constructible_v<Op>) {
    type.repeat = [](const void* op, std::span<const Tensor> inputs) {
      return call(*static_cast<const Op*>(op), inputs);
    };
  }
  if constexpr (requires { Op::sparsity; }) type.sparsity = Op::sparsity;
  if constexpr (requires(const Op& op, const Batch& batch) { op.batched(batch); }) {
    type.leading = Leading::own;
    type.batched = call_batched<Op>;
  } else if constexpr (requires { Op::leading; }) {
    type.leading = Op::leading;
  }
  type.tangent = tangent_rule_of<Op, listed>();
  return type;
}
template <class Op>
inline constexpr OperatorType operator_type = describe_operator<Op, call_on<Op>, false>();

}  // namespace detail

/// Runs the operator `op` on `inputs` and records it where one of them requires a gradient.
///
/// An operator is a struct with
///  - `static constexpr const char* name`
///  - `Tensor forward(const Tensor&...) const`, not recorded while it runs. Where it returns a
///    tensor that was there before, such as an input, the result is a view of that.
///  - one rule per input that returns the cotangent of that input: `vjp` for one input, else
///    `vjp_a` to `vjp_h`. Arguments: the gradient of the output, every input, the output.
///    What the rule does not read arrives as `NotSaved`, so declare that parameter `auto`.
///  - `static constexpr Reads reads[]`: for each input, what its rule reads: `kNone`, or a sum of
///    `kA` to `kH` (inputs), `kY` (the output) and `kKept`. Only that is saved.
///  - optionally `static constexpr Reads constant`: inputs that have no gradient (indices).
///  - optionally `static constexpr std::size_t kept_values`, a number of values beside these that
///    rules read; with the inputs at most 15. The forward fills them in: its last parameter is a
///    `Kept<kept_values>&`, and so is, const, the last one of rules. They are saved, counted and
///    released as inputs are, and have no gradient.
///  - optionally, where that is faster, a second form of a rule under the name `vjp_fused` or
///    `vjp_fused_a` to `vjp_fused_d`, for walks that are not recorded; `static constexpr Reads
///    fused` says which inputs have one. It may return an undefined tensor to leave a call to the
///    rule itself.
///  - its rule for forward mode (`jvp`): `static constexpr bool linear = true` where it is linear
///    in all inputs that are not constant (its forward then runs on the tangents, too); `bilinear`
///    for two, in each; `symmetric` where the Jacobian for each input is symmetric, as that of a
///    function of each element or of softmax, so that its rule takes tangents as it takes
///    gradients; else `jvp` for one input, or `jvp_a` to `jvp_h`: what the tangent of that input,
///    the first argument, adds to that of the output. Then come every input, the output, and the
///    kept values where there are any, each a `const Tensor&`. Without one it cannot be used within
///    `jvp`, which says so. Of `jvp_a` there may be a second form, `jvp_fused_a`, for tangents that
///    are not recorded.
///  - `static constexpr bool spreads_gradient = true` where rules return less than the input has, for
///    a gradient that is the same along whole dimensions, as that of a sum: `[]` or `[2, 1]` for
///    `[2, 3]` then stands for its broadcast, which is never made. Without it that is an error.
///  - optionally, with one input, `void vjp_add(const Tensor& g, const Tensor& sum) const`: adds
///    the cotangent to `sum` by writing into its data, where that is less work than making one.
///  - where it has members, `static constexpr void visit(auto& op, auto f)`, which calls
///    `f("dim", op.dim)` for each: numbers, truth values, enums, `Shape`, `DType`, vectors of
///    int64, or structs of these that have a `visit` too. They are its attributes, which whoever
///    watches calls can see. An operator whose members are something else says `static constexpr
///    bool opaque = true`: then nobody can.
///  - optionally, which elements its result depends on: `static constexpr Sparsity sparsity`, such
///    as `Sparsity::elementwise`. Without it they count as all.
///  - optionally, how it takes a further first dimension, which Jacobians, gradients of each sample
///    and the like have: `static constexpr Leading leading`. An operator that works along its last
///    dimensions, whatever stands before them, says `Leading::shift`; one whose forward broadcasts
///    says `Leading::broadcast`. Where neither is right it has a function, `Tensor batched(const
///    Batch& in) const`, which returns the result, with that dimension in front, by calling
///    operators. Its rules need nothing, since they are operators. Without any it is looped over;
///    an operator that is `opaque` cannot be.
///  - optionally, for the export of models, what it is in ONNX, opset 17, in ONNX's own text:
///    `static constexpr const char* onnx = "y = Softmax<axis={dim}>(a)"`. Inputs are a, b, c and so
///    on, the output is y, `{dim}` is the attribute of that name. Operands may be calls themselves,
///    numbers, which get the element type of a, and lists of int64: `"z = Mul(a, a); y = Mul(z,
///    a)"`, `"y = Unsqueeze(Max(a, 0), [{dim}])"`. Where it depends on the inputs it is a function,
///    `static std::string onnx(const Op& op, std::span<const Tensor* const> in)`; where there is
///    none, `static constexpr NoOnnx onnx{"the reason"}`. An operator that says nothing is exported
///    as the operators that its forward calls, if it does all by these.
///
/// One without a gradient has, in place of rules and `reads`, `static constexpr int inputs`, their
/// number, and `static constexpr unsigned cut`, 0 or why graphs end here.
///
/// Rules are written with the public operators, so that they can be differentiated again.
template <class Op, class... Tensors>
requires(std::is_same_v<Tensors, Tensor>&&...) Tensor apply(Op op, const Tensors&... inputs) {
  static_assert(sizeof...(Tensors) >= 1 && sizeof...(Tensors) <= detail::kMostInputs,
                "an operator has one to eight tensor inputs, or takes a list of them");
  if constexpr (detail::says_what_it_is<Op>()) {
    static_assert(
        detail::input_count<Op>() == sizeof...(Tensors),
        "an operator says for every input what its rule reads: reads[] has one entry each");
    static_assert(detail::fused_inputs<Op>() < kE, "only inputs a to d may have a fused rule");
    static_assert(
        sizeof...(Tensors) == 1 || !requires { op.vjp_add((inputs, ...), (inputs, ...)); },
        "vjp_add is for an operator with one input");
    detail::RunningCall* running = nullptr;
    detail::RoomForCall<sizeof...(Tensors)> room;
    TAPEGRAD_TRY {
      if (detail::watched()) [[unlikely]]
        running = detail::Door::begin(room.fill(detail::operator_type<Op>, &op, inputs...));
      [[maybe_unused]] const bool history = (detail::requires_record(inputs) || ...);
      detail::KeptBy<Op> kept;
      Tensor output = [&] {
        const NoGrad no_grad;
        return detail::call_forward(op, kept, inputs...);
      }();
      if constexpr (requires { Op::cut; }) {
        detail::require_defined(output, "the result", Op::name);
        if (detail::requires_record(output)) output = output.detach();
        detail::note_cut(output, Op::cut, {&inputs...});
      } else {
        const bool record = history && grad_enabled();
        if (!detail::is_settled(output, history, record, (detail::cuts_of(inputs) | ...)))
          detail::settle_result(output, Op::name, std::array{&inputs...}, history);
        if (record) detail::record_call(std::move(op), output, kept, inputs...);
      }
      if (running) [[unlikely]] {
        detail::give_own_value(output, {&inputs...});
        detail::Door::end(std::exchange(running, nullptr), {&output, 1}, kept);
      }
      return output;
    }
    TAPEGRAD_CATCH_ALL {
      detail::Door::fail(running);
      detail::rethrow_for(Op::name);
    }
  } else {
    return Tensor();
  }
}

/// Refused with a sentence: inputs that are no tensors.
template <class Op, class... Inputs>
requires(!(std::is_same_v<Inputs, Tensor> && ...) &&
         (sizeof...(Inputs) > 1 ||
          !(std::is_convertible_v<const Inputs&, std::span<const Tensor>> && ...))) Tensor
    apply(Op, const Inputs&...) {
  static_assert(detail::never<Op>,
                "an operator is applied to tensors, or to a list of them; numbers are members of "
                "its struct: apply(Scale{2.0}, x)");
  return Tensor();
}

template <class Op>
std::vector<Tensor> detail::call_on(Op op, std::span<const Tensor> inputs) {
  const auto call = [&]<std::size_t... i>(std::index_sequence<i...>) {
    return tapegrad::apply(std::move(op), inputs[i]...);
  };
  return listed(call(std::make_index_sequence<input_count<Op>()>()));
}

/// @}

}  // namespace tapegrad
