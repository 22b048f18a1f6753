#include "autograd/check/operators.h"

#include <span>
#include <utility>

#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/ops.h"

// The families bring the cases; those of formulas follow from their samples.

namespace tapegrad {

namespace {

using detail::Draw;
using detail::Inputs;

OperatorInfo unary_cases(const detail::ElementwiseInfo& info, Tensor (*f)(Tensor)) {
  OperatorInfo result{info.name, {}};
  Draw draw;
  const auto add = [&](const char* label, const Shape& shape) {
    result.cases.push_back({label,
                            {draw(shape, info.samples[0])},
                            [f](const Inputs& in) { return f(in[0]); },
                            [f](Inputs&& in) { return f(std::move(in[0])); }});
  };
  add("a matrix", {3, 4});
  add("a number", {});
  add("a long row", {19});
  add("nothing", {0, 3});
  return result;
}

using Binary = Tensor (*)(const Tensor& a, const Tensor& b, Tensor* room);

OperatorInfo binary_cases(const detail::ElementwiseInfo& info, Binary f) {
  OperatorInfo result{info.name, {}};
  Draw draw;
  const auto add = [&](const char* label, const Shape& a, const Shape& b) {
    result.cases.push_back({label,
                            {draw(a, info.samples[0]), draw(b, info.samples[1])},
                            [f](const Inputs& in) { return f(in[0], in[1], nullptr); },
                            [f](Inputs&& in) {
                              // Into the memory of the one that has the result's shape.
                              Tensor& room = in[in[0].numel() < in[1].numel() ? 1 : 0];
                              return f(in[0], in[1], &room);
                            }});
  };
  add("equal shapes", {3, 4}, {3, 4});
  add("a row", {3, 4}, {4});
  add("a column and a row", {3, 1}, {1, 4});
  add("a number", {}, {2, 3});
  add("a number on the right", {2, 3}, {1});
  add("nothing", {0, 3}, {3});
  return result;
}

template <class Op>
OperatorInfo elementwise_cases() {
  const detail::ElementwiseInfo& info = detail::elementwise_info<Op>;
  if constexpr (std::is_array_v<decltype(Op::reads)>) {
    return binary_cases(info, [](const Tensor& a, const Tensor& b, Tensor* room) {
      return detail::elementwise<Op>(a, b, room);
    });
  } else {
    return unary_cases(info, [](Tensor x) { return detail::elementwise<Op>(std::move(x)); });
  }
}

void add(std::vector<OperatorInfo>& all, const char* family, OperatorInfo&& info) {
  info.family = family;
  all.push_back(std::move(info));
}

template <class... Op>
void add_elementwise(std::vector<OperatorInfo>& all, const char* family, formula::List<Op...>) {
  (add(all, family, elementwise_cases<Op>()), ...);
}

void add_family(std::vector<OperatorInfo>& all, const char* family,
                std::span<OperatorInfo (*const)()> cases_of_family) {
  for (const auto& cases : cases_of_family) add(all, family, cases());
}

}  // namespace

std::vector<OperatorInfo> operators() {
  std::vector<OperatorInfo> all;
  add_elementwise(all, "arithmetic", formula::Arithmetic());
  add_elementwise(
      all, "functions",
      formula::Joined<formula::Exponential, formula::Trigonometric, formula::Special>());
  add_elementwise(all, "activations",
                  formula::Joined<formula::Activations, formula::FurtherActivations>());
  add_elementwise(all, "functions", formula::Seldom());
  add_family(all, "arithmetic", detail::kElementwiseCases);
  add_family(all, "arithmetic", detail::kLogicCases);
  add_family(all, "reductions", detail::kReductionCases);
  add_family(all, "reductions", detail::kNormCases);
  add_family(all, "products", detail::kLinalgCases);
  add_family(all, "distances", detail::kDistanceCases);
  add_family(all, "shapes", detail::kShapeCases);
  add_family(all, "indexing", detail::kIndexCases);
  add_family(all, "rows", detail::kRowCases);
  add_family(all, "order", detail::kOrderCases);
  return all;
}

}  // namespace tapegrad
