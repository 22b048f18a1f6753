#pragma once

#include <set>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/tensor/door/watcher.h"
#include "tests/all_operators.h"

// Which operators there are, by what calls them.

/// Every type of operator that a thread calls.
class CalledTypes : tapegrad::detail::Watcher {
 public:
  using Types = std::set<const tapegrad::detail::OperatorType*>;

  CalledTypes() { start(); }
  ~CalledTypes() { stop(); }
  Types types;
  Types direct;  ///< those called from outside, or by a rule, and not only within another operator

 private:
  void call(const tapegrad::detail::OperatorCall& call) override {
    const bool within = !operators_.empty() && operators_.back();
    operators_.push_back(call.type != nullptr);
    if (!call.type) return;
    types.insert(call.type);
    if (!within) direct.insert(call.type);
  }
  void called(const tapegrad::detail::OperatorCall&, std::span<const tapegrad::Tensor>) override {
    operators_.pop_back();
  }
  void failed(const tapegrad::detail::OperatorCall&) noexcept override { operators_.pop_back(); }

  std::vector<bool> operators_;  ///< of the calls that run: true for an operator, false for a rule
};

/// The types that all cases of operators call, and the calls above.
inline CalledTypes::Types types_of_cases() {
  CalledTypes called;
  for (const tapegrad::OperatorInfo& op : all_operators())
    for (const tapegrad::OperatorCase& example : op.cases) example.call(example.inputs);
  call_operators_without_gradients();
  // How much it returns, the elements say, so that it has no batch: it is none of those above.
  tapegrad::nonzero(tapegrad::ones(2));
  return called.types;
}
