#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/tensor/door/watcher.h"
#include "tests/all_operators.h"

/// A call of an operator, to be called again.
struct SeenCall {
  const tapegrad::detail::OperatorType* type;
  std::vector<tapegrad::detail::Attribute> attributes;
  std::vector<tapegrad::Tensor> inputs;  // without history

  /// The name, the attributes and the shapes of the inputs.
  std::string text() const {
    std::string text = std::string(type->name) + "<";
    for (const auto& attribute : attributes) text += to_string(attribute) + " ";
    text += ">(";
    for (const tapegrad::Tensor& input : inputs)
      text += (input.defined() ? to_string(input.shape()) : "undefined") + " ";
    return text + ")";
  }
};

/// Collects the calls of this thread while it lives: of each kind, which is an operator with its
/// attributes, shapes and element types, three.
class SeenCalls : tapegrad::detail::Watcher {
 public:
  SeenCalls() { start(); }
  ~SeenCalls() { stop(); }
  std::vector<SeenCall> all;

 private:
  void call(const tapegrad::detail::OperatorCall& call) override {
    if (!call.type || !call.type->attributes) return;
    SeenCall seen{call.type, call.type->attributes(call.op), {}};
    std::string kind;
    for (const tapegrad::Tensor* input : call.inputs) {
      seen.inputs.push_back(input->defined() ? input->detach().clone() : *input);
      if (input->defined()) kind += static_cast<char>('0' + static_cast<int>(input->dtype()));
    }
    if (++count_[{call.type, seen.text() + kind}] <= 3) all.push_back(std::move(seen));
  }

  std::map<std::pair<const void*, std::string>, int> count_;
};

/// The calls that the cases of all operators make, their derivatives of first and second order, and
/// the operators without gradients.
inline std::vector<SeenCall> calls_of_cases() {
  SeenCalls seen;
  for (const tapegrad::OperatorInfo& op : all_operators()) {
    for (const tapegrad::OperatorCase& example : op.cases) {
      std::vector<tapegrad::Tensor> leaves;
      for (const tapegrad::Tensor& input : example.inputs)
        if (input.requires_grad()) leaves.push_back(input);
      tapegrad::Tensor y = example.call(example.inputs);
      for (int order = 0; order < 2; ++order) {
        tapegrad::Tensor sum = tapegrad::sum(y * y);
        const auto gradients =
            tapegrad::grad({sum}, leaves, {.create_graph = true, .allow_unused = true});
        y = tapegrad::sum(gradients[0]);
        for (const tapegrad::Tensor& gradient : gradients) y = y + tapegrad::sum(gradient);
        if (!y.requires_grad()) break;
      }
    }
  }
  call_operators_without_gradients();
  tapegrad::argmax(tapegrad::tensor(2.5), 0);  // a number
  return std::move(seen.all);
}
