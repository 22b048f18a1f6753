#pragma once

#include <vector>

#include "autograd/autograd.h"
#include "tests/all_operators.h"
#include "tests/catch.h"

/// A case as a function of what varies.
struct CaseFunction {
  explicit CaseFunction(const tapegrad::OperatorCase& from) : example(from) {
    for (const tapegrad::Tensor& input : from.inputs)
      if (input.dtype() == tapegrad::float64) {
        x.push_back(input.detach());
        v.push_back(tapegrad::randn(input.shape(), tapegrad::float64));
      }
  }
  tapegrad::Tensor operator()(const std::vector<tapegrad::Tensor>& varied) const {
    std::vector<tapegrad::Tensor> all = example.inputs;
    std::size_t next = 0;
    for (tapegrad::Tensor& each : all)
      if (each.dtype() == tapegrad::float64) each = varied[next++];
    return example.call(all);
  }
  std::vector<tapegrad::Tensor> listed(const std::vector<tapegrad::Tensor>& varied) const {
    return {(*this)(varied)};
  }

  const tapegrad::OperatorCase& example;
  std::vector<tapegrad::Tensor> x, v;
};

/// Calls `check(f)` for each case of every operator.
template <class Check>
void for_each_case(const Check& check) {
  for (const tapegrad::OperatorInfo& op : all_operators()) {
    for (const tapegrad::OperatorCase& example : op.cases) {
      INFO(op.name << ", " << example.label);
      check(CaseFunction(example));
    }
  }
}
