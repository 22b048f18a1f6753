#pragma once

/// @file
/// How an operator on a list of tensors, or with several outputs, gets onto the tape.
///
///     struct Total {
///       static constexpr const char* name = "total";
///       static constexpr tg::Reads reads = tg::kNone;
///       static constexpr bool linear = true;
///       tg::Tensor forward(std::span<const tg::Tensor> x) const {
///         tg::Tensor sum = x[0];
///         for (const tg::Tensor& each : x.subspan(1)) sum = sum + each;
///         return sum;
///       }
///       tg::Tensor vjp(std::size_t, const tg::Tensor& g, auto, auto) const { return g; }
///     };
///     tg::Tensor total(const std::vector<tg::Tensor>& x) {
///       return tg::apply(Total{}, std::span<const tg::Tensor>(x));
///     }

#include <span>
#include <utility>
#include <vector>

#include "autograd/tape/apply.h"

namespace tapegrad {

/// @addtogroup custom
/// @{

namespace detail {
struct ListRecord;
template <class Op, bool many>
struct ListRecordOf;
}  // namespace detail

/// What the rule of a list operator reads: its inputs, or its outputs where there are several. Each
/// becomes a tensor when it is asked for.
class SavedList {
 public:
  /// Number of inputs, or outputs.
  std::size_t size() const noexcept { return count_; }
  /// Input or output `i`; connected to the graph while the walk is recorded. Errors: `IndexError`.
  Tensor operator[](std::size_t i) const;

 private:
  template <class Op, bool many>
  friend struct detail::ListRecordOf;
  SavedList(detail::ListRecord& record, bool outputs, bool create_graph) noexcept;

  detail::ListRecord* record_;
  std::size_t count_;
  bool outputs_, create_graph_;
};

namespace detail {

/// How much a list operator has of what. `outputs`: 0 where it returns one tensor.
struct ListSizes {
  std::size_t inputs, kept, outputs;
  RecordRoom room() const noexcept {
    return {.inputs = static_cast<std::uint32_t>(inputs),
            .slots = static_cast<std::uint32_t>(1 + inputs + kept + outputs),
            .more_bytes = outputs * (sizeof(Tensor) + sizeof(Port*))};
  }
};

/// What the records of list operators have in common: a slot for everything that rules may read,
/// and behind these a place for the cotangent, and the port, of each of several outputs.
struct ListRecord : Record {
  ListRecord(const ListSizes&, const Tensor& output) noexcept : Record(output) {}
  ListRecord(const ListSizes& sizes, DType type) noexcept
      : Record(type), output_count(sizes.outputs) {
    several = true;
  }
  ~ListRecord() override;

  std::span<Tensor> parts() const noexcept final {
    return {static_cast<Tensor*>(more_room()), output_count};
  }
  /// Output `index` of several, connected to the graph when `create_graph`.
  Tensor part(std::size_t index, bool create_graph);

  /// Connects it to `inputs`, and saves what rules read of them and of `kept`.
  void connect(std::span<const Tensor> inputs, std::span<const Tensor> kept, Reads reads) noexcept;
  /// Puts it on the tape as the maker of its one output.
  void finish(const Tensor& output, Reads reads) noexcept;
  /// The same for several: those with gradients get a port each, which share this record.
  void finish(std::span<const Tensor> outputs, Reads reads);
  /// To be called when `gone`, the port of output `index`, goes.
  void forget_port(const Port& gone, std::size_t index) noexcept;

 private:
  void make_port(std::size_t index, const Tensor& output);
  /// The port of an output, while it lives.
  Port*& port_of(std::size_t index) const noexcept {
    return reinterpret_cast<Port**>(parts().data() + output_count)[index];
  }

  std::size_t output_count = 0;  // of several
};

/// The record of one call of a list operator, whose outputs are `many` or one.
template <class Op, bool many>
struct ListRecordOf final : ListRecord {
  template <class Made>
  ListRecordOf(const ListSizes& sizes, Op&& operation,
               const Made& made) noexcept(std::is_nothrow_move_constructible_v<Op>)
      : ListRecord(sizes, made), op(std::move(operation)) {
    spreads = requires { requires Op::spreads_gradient; };
  }

  const char* name() const noexcept override { return Op::name; }
  Tensor vjp(int input, const Tensor& gradient, bool create_graph) override {
    const auto i = static_cast<std::size_t>(input);
    const auto x = [&] {
      if constexpr (Op::reads & kA)
        return SavedList(*this, false, create_graph);
      else
        return NotSaved();
    }();
    const auto y = [&] {
      if constexpr (!(Op::reads & kY))
        return NotSaved();
      else if constexpr (many)
        return SavedList(*this, true, create_graph);
      else
        return output(create_graph);
    }();
    const auto g = [&]() -> decltype(auto) {
      if constexpr (many)
        return std::span<const Tensor>(parts());
      else
        return (gradient);
    };
    if constexpr (kept_count<Op>() == 0) {
      return cotangent_of<0>(op, create_graph, i, g(), x, y);
    } else {
      KeptBy<Op> values;
      for (std::size_t k = 0; k < values.size(); ++k) values[k] = kept(static_cast<int>(k));
      return cotangent_of<0>(op, create_graph, i, g(), x, y, values);
    }
  }

  Op op;
};

/// The same as `settle_result` for each of the outputs, which may be integers where there are
/// several. Returns the type of those that have gradients, or `boolean` for none.
DType settle_results(std::span<Tensor> outputs, const char* name, std::span<const Tensor> inputs,
                     bool history);

template <class Op>
[[gnu::cold]] std::vector<Tensor> call_on_list(Op op, std::span<const Tensor> inputs);
template <class Op>
inline constexpr OperatorType list_operator_type = describe_operator<Op, call_on_list<Op>, true>();

/// Runs `op` and records it.
template <class Op>
auto apply_list_now(Op&& op, std::span<const Tensor> inputs) {
  KeptBy<Op> kept;
  auto made = [&] {
    const NoGrad no_grad;
    return call_forward(op, kept, inputs);
  }();
  constexpr bool many = !std::is_same_v<decltype(made), Tensor>;
  bool history = false;
  for (const Tensor& input : inputs) history = history || requires_record(input);
  std::span<Tensor> outputs;
  if constexpr (many)
    outputs = made;
  else
    outputs = {&made, 1};
  const DType type = settle_results(outputs, Op::name, inputs, history);
  if (!history || !grad_enabled() || type == boolean) return made;

  const ListSizes sizes{inputs.size(), kept.size(), many ? outputs.size() : 0};
  using RecordType = ListRecordOf<Op, many>;
  const auto start = [&](const auto& first) {
    auto* record = new_record<RecordType>(sizes.room(), sizes, std::move(op), first);
    record->connect(inputs, kept, Op::reads);
    return record;
  };
  if constexpr (many)
    start(type)->finish(std::span<const Tensor>(outputs), Op::reads);
  else
    start(made)->finish(made, Op::reads);
  return made;
}

}  // namespace detail

/// Runs an operator on a list of tensors, of any length, and records it where one of them requires
/// a gradient.
///
/// The operator is a struct as for the other `apply`, with these differences:
///  - `forward(std::span<const Tensor> inputs) const` returns one `Tensor`, or a
///    `std::vector<Tensor>` of several outputs, which is then what this function returns.
///  - There is one rule, `vjp(std::size_t i, g, x, y) const`, for the cotangent of input `i`.
///    `g`: the gradient of the output; of several, a `std::span<const Tensor>` that holds the
///    undefined tensor where none arrived. `x`: the inputs as a `SavedList`; `y`: the output, or
///    the outputs as a `SavedList`.
///  - `static constexpr Reads reads` says what it reads: `kNone`, or a sum of `kA` (all inputs),
///    `kY` and `kKept`.
///  - For forward mode, where it is not `linear`: `jvp(std::size_t i, const Tensor& t,
///    std::span<const Tensor> x, std::span<const Tensor> y) const` returns what the tangent of
///    input `i` adds: a tensor, or one for each of several outputs.
///  - `fused` is `kA` where there is a `vjp_fused`.
///  - With several outputs it has no function `batched`; `leading` it may say.
///  - In `onnx` the inputs are a0, a1 and so on, or `a...` for all; several outputs are `y...`, as
///    in `"y... = Split<axis={dim}>(a0, {sizes})"`.
template <class Op>
auto apply(Op op, std::span<const Tensor> inputs) {
  static_assert(detail::says_what_it_is<Op>());
  return detail::allocating_for(Op::name, [&] {
    if (!detail::watched()) [[likely]]
      return detail::apply_list_now(std::move(op), inputs);
    std::vector<const Tensor*> all;
    for (const Tensor& input : inputs) all.push_back(&input);
    return detail::watched_call({Op::name, &detail::list_operator_type<Op>, &op, all},
                                [&] { return detail::apply_list_now(std::move(op), inputs); });
  });
}

template <class Op>
std::vector<Tensor> detail::call_on_list(Op op, std::span<const Tensor> inputs) {
  auto made = tapegrad::apply(std::move(op), inputs);
  if constexpr (std::is_same_v<decltype(made), Tensor>)
    return listed(std::move(made));
  else
    return made;
}

/// @}

}  // namespace tapegrad
