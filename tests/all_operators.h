#pragma once

#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "nn/losses/operators.h"

/// Those of the rooms that are not always built.
std::vector<tapegrad::OperatorInfo> further_operators();

/// The operators of the engine and of nn, and of the rooms that are built.
inline std::vector<tapegrad::OperatorInfo> all_operators() {
  std::vector<tapegrad::OperatorInfo> all = tapegrad::operators();
  for (tapegrad::OperatorInfo& info : tapegrad::nn::operators()) all.push_back(std::move(info));
  for (tapegrad::OperatorInfo& info : further_operators()) all.push_back(std::move(info));
  return all;
}

/// Calls the operators that cannot stand on the tape.
inline void call_operators_without_gradients() {
  const tapegrad::Tensor x = tapegrad::tensor({{1.0, 3.0}, {2.0, 0.0}});
  tapegrad::argmax(x, 1);
  tapegrad::argmin(x, 0, true);
  tapegrad::eq(x, 1);
  tapegrad::lt(x, 1);
  tapegrad::le(x, 1);
  tapegrad::isinf(x);
  tapegrad::logical_or(x, true);
  tapegrad::any(x);
  tapegrad::one_hot(x.to(tapegrad::int64), 4);
  tapegrad::argsort(x);
  tapegrad::cummax(x, 0);
  tapegrad::cummin(x, 0);
  tapegrad::searchsorted(tapegrad::tensor({1.0, 2.0}), x);
  const tapegrad::Tensor bits = tapegrad::tensor({{5, -3}, {2, 0}});
  for (const auto f : {tapegrad::bitwise_and, tapegrad::bitwise_or, tapegrad::bitwise_xor,
                       tapegrad::bitwise_left_shift, tapegrad::bitwise_right_shift})
    f(bits, tapegrad::tensor({3, 1}));
}
