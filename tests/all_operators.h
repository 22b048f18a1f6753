#pragma once

#include <utility>
#include <vector>

#include "autograd/check/operators.h"
#include "nn/losses/operators.h"

/// The operators of the engine and of nn.
inline std::vector<tapegrad::OperatorInfo> all_operators() {
  std::vector<tapegrad::OperatorInfo> all = tapegrad::operators();
  for (tapegrad::OperatorInfo& info : tapegrad::nn::operators()) all.push_back(std::move(info));
  return all;
}
