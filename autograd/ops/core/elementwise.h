#pragma once

#include <cstddef>
#include <cstring>
#include <utility>

#include "autograd/ops/core/elementwise_table.h"
#include "autograd/ops/elementwise/families.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"

// How the formulas of ops/elementwise become operators on tensors. The work is done by functions
// that are driven by this description, so that an operator adds its loops and nothing else to the
// library.

namespace tapegrad::detail {

/// Room for the numbers of an operator (a slope, two bounds).
inline constexpr std::size_t kParameterBytes = 16;

/// One elementwise operator, as data.
struct ElementwiseInfo : OperatorType {
  using Rule = Tensor (*)(const void* parameters, const Tensor& g, const Tensor& a, const Tensor& b,
                          const Tensor& y);
  const ElementwiseLoops* const* loops;  ///< by instruction set
  int inputs;                            ///< 1 or 2
  std::size_t parameter_bytes;
  bool integers;  ///< takes int64 as it is; otherwise integers become float32
  Loop integer_loop;
  /// What it does to truth values alone, where that is not what it does to integers.
  Tensor (*on_bool)(const Tensor& a, const Tensor& b);
  Reads reads[2];
  Rule rule[2];  ///< the rules written with tensors
  formula::Samples samples[2];
};

/// The tensor for `Slot`, or `NotSaved` when the rule does not read it.
template <Reads reads, int Slot>
decltype(auto) read_or_not(const Tensor& tensor) {
  if constexpr (reads >> Slot & 1)
    return (tensor);
  else
    return NotSaved();
}

template <class Op, int Input>
[[gnu::cold]] Tensor tensor_rule(const void* parameters, const Tensor& g, const Tensor& a,
                                 const Tensor& b, const Tensor& y) {
  const Op& op = *static_cast<const Op*>(parameters);
  constexpr Reads reads = reads_of<Op>(Input);
  // By value, because formulas take `auto`.
  const auto run = [&](auto in_a, auto in_b, auto out) -> Tensor {
    if constexpr (!std::is_array_v<decltype(Op::reads)>)
      return op.vjp(g, in_a, out);
    else if constexpr (Input == 0)
      return op.vjp_a(g, in_a, in_b, out);
    else
      return op.vjp_b(g, in_a, in_b, out);
  };
  return run(read_or_not<reads, 1>(a), read_or_not<reads, 2>(b), read_or_not<reads, 0>(y));
}

template <class Op>
void integer_loop(const void* parameters, const kernels::Operand* in, void* out, std::int64_t outer,
                  std::int64_t inner) {
  const Op op = *static_cast<const Op*>(parameters);
  auto* to = static_cast<std::int64_t*>(out);
  for (std::int64_t o = 0; o < outer; ++o) {
    const auto at = [&](int k, std::int64_t i) {
      return static_cast<const std::int64_t*>(in[k].data)[o * in[k].outer + i * in[k].inner];
    };
    for (std::int64_t i = 0; i < inner; ++i) {
      if constexpr (std::is_array_v<decltype(Op::reads)>)
        *to++ = op.forward(at(0, i), at(1, i));
      else
        *to++ = op.forward(at(0, i));
    }
  }
}

/// Each rule, with the tangent in place of the cotangent: the Jacobian is diagonal.
extern const TangentRule elementwise_tangent_rule;

Tensor no_bool_difference(const Tensor&, const Tensor&);
Tensor no_bool_negative(const Tensor&, const Tensor&);

template <class Op>
constexpr auto on_bool() -> Tensor (*)(const Tensor&, const Tensor&) {
  using formula::OnBool;
  if constexpr (requires { Op::on_bool; }) {
    if constexpr (Op::on_bool == OnBool::logical_or) return logical_or;
    if constexpr (Op::on_bool == OnBool::logical_and) return logical_and;
    if constexpr (Op::on_bool == OnBool::no_difference) return no_bool_difference;
    if constexpr (Op::on_bool == OnBool::no_negative) return no_bool_negative;
  }
  return nullptr;
}

template <class Op>
std::vector<Tensor> call_elementwise(std::span<const Attribute> attributes,
                                     std::span<const Tensor> inputs);

/// What a formula is in ONNX, and what it is there on truth values alone.
template <class Op>
constexpr OnnxForm elementwise_onnx_form() {
  OnnxForm form = onnx_form<Op>();
  if constexpr (requires { Op::on_bool; }) {
    if (Op::on_bool == formula::OnBool::logical_or) form.on_bool = "y = Or(a, b)";
    if (Op::on_bool == formula::OnBool::logical_and) form.on_bool = "y = And(a, b)";
  }
  return form;
}

template <class Op>
constexpr ElementwiseInfo describe() {
  static_assert(has_attributes<Op>());
  static_assert(sizeof(Op) <= kParameterBytes && std::is_trivially_copyable_v<Op>);
  constexpr bool binary = std::is_array_v<decltype(Op::reads)>;
  static_assert(formula::lists<Op>(formula::Elementwise()),
                "this formula is not in the list of its family, in a header of ops/elementwise");
  static_assert(
      !std::is_empty_v<Op> || requires { Op::function; },
      "this formula does not say which function it is: "
      "static constexpr auto function = tapegrad::...");
  static_assert(
      requires { Op::onnx; },
      "this formula does not say what it is in ONNX: "
      "static constexpr const char* onnx = \"y = ...\"");
  ElementwiseInfo info{};
  static_cast<OperatorType&>(info) = {Op::name,
                                      true,
                                      attributes_of<Op>,
                                      call_elementwise<Op>,
                                      elementwise_onnx_form<Op>(),
                                      true,
                                      Sparsity::elementwise,
                                      Leading::broadcast,
                                      &elementwise_tangent_rule};
  if constexpr (formula::lists<Op>(formula::Seldom()))
    info.loops = scalar_tables<Op>;
  else
    info.loops = vector_tables<Op>;
  info.inputs = binary ? 2 : 1;
  info.parameter_bytes = std::is_empty_v<Op> ? 0 : sizeof(Op);
  info.on_bool = on_bool<Op>();
  if constexpr (requires { Op::integers; }) {
    info.integers = true;
    info.integer_loop = integer_loop<Op>;
  }
  info.reads[0] = reads_of<Op>(0);
  info.rule[0] = tensor_rule<Op, 0>;
  if constexpr (binary) {
    info.reads[1] = reads_of<Op>(1);
    info.rule[1] = tensor_rule<Op, 1>;
    info.samples[0] = Op::samples[0];
    info.samples[1] = Op::samples[1];
  } else {
    info.samples[0] = Op::samples;
  }
  return info;
}

template <class Op>
inline constexpr ElementwiseInfo elementwise_info = describe<Op>();

/// The result takes the memory of `x` where nothing else needs that.
Tensor run_unary(const ElementwiseInfo& info, const void* parameters, Tensor&& x);
/// `room`: `a` or `b`, whose memory the result may take where nothing else needs it, or nullptr.
Tensor run_binary(const ElementwiseInfo& info, const void* parameters, const Tensor& a,
                  const Tensor& b, Tensor* room);
/// The type that the loop of `info` works on, for operands of type `dtype`. What turns integers
/// into fractions turns tensors into the default type and numbers, as C++ does, into float64.
DType loop_type(const ElementwiseInfo& info, DType dtype, bool numbers = false);
/// True for two truth values, on which `info` is another operator than on integers.
bool is_logic(const ElementwiseInfo& info, const Tensor& a, const Tensor& b);
/// The loop of the rule of `input` alone, over `g` and the `values` that it reads, of y, a and b,
/// into `result`; all have its type.
void run_rule_into(const ElementwiseInfo& info, const void* parameters, int input, const Impl* g,
                   std::span<const Impl* const> values, Impl* result, bool add);
/// The loop alone, into elements that are there, which may be those of `a`; `a` and `b` have their
/// type.
void run_into(const ElementwiseInfo& info, const void* parameters, const Impl* a, const Impl* b,
              Impl* output);
/// a += b, which broadcasts to it, without recording and without a version: for gradients that
/// nobody else sees.
void add_into(Impl* a, const Tensor& b);
/// a = op(a, b) in the buffer of `a`; recorded when recording is on.
void run_in_place(const ElementwiseInfo& info, const void* parameters, Tensor& a, const Tensor& b,
                  Change change);
/// `a` becomes `y`, which was computed from it or, if that `overwrites`, replaces it: elements, and
/// history when recorded.
/// Throws like the functions in place that `Tensor` has.
void assign_in_place(Tensor& a, const Tensor& y, Change change, bool overwrites = false);

/// The operator `Op` on tensors.
template <class Op>
Tensor elementwise(Tensor x, Op op = {}) {
  return run_unary(elementwise_info<Op>, &op, std::move(x));
}
template <class Op>
Tensor elementwise(const Tensor& a, const Tensor& b, Tensor* room = nullptr) {
  const Op op;
  return run_binary(elementwise_info<Op>, &op, a, b, room);
}

template <class Op>
std::vector<Tensor> call_elementwise(std::span<const Attribute> attributes,
                                     std::span<const Tensor> inputs) {
  const Op op = with_attributes<Op>(attributes);
  if constexpr (std::is_array_v<decltype(Op::reads)>)
    return listed(run_binary(elementwise_info<Op>, &op, inputs[0], inputs[1], nullptr));
  else
    return listed(run_unary(elementwise_info<Op>, &op, Tensor(inputs[0])));
}

}  // namespace tapegrad::detail
