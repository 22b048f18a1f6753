#pragma once

/// @file
/// How an operator is described to the checks: ways to call it, with arguments away from its kinks.
///
///     tg::Tensor x = tg::tensor({0.5, 2.0}, tg::float64).requires_grad_();
///     const auto root = [](const std::vector<tg::Tensor>& in) { return tg::sqrt(in[0]); };
///     const tg::OperatorInfo info{"sqrt", {{"above 0", {x}, root}}};

#include <functional>
#include <string>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// One way to call an operator, with arguments away from its kinks and the ends of its domain.
struct OperatorCase {
  std::string label;           ///< what is special about it, such as the broadcast pattern
  std::vector<Tensor> inputs;  ///< float64 ones require gradients; others are constants
  std::function<Tensor(const std::vector<Tensor>&)> call;  ///< the operator on these inputs
  /// The same, handing its inputs over, so that their memory may be taken; empty if there is
  /// nothing to hand over.
  std::function<Tensor(std::vector<Tensor>&&)> moved = {};
};

/// What an operator's result does when the same is done to all elements of its first input.
enum class Invariance {
  unsaid,   ///< nothing that is checked
  stays,    ///< it stays the same
  follows,  ///< the same happens to it
};

/// An operator of the library, with the cases that check it.
struct OperatorInfo {
  std::string name;                        ///< as records on the tape say
  std::vector<OperatorCase> cases;         ///< at least one
  Invariance scale = Invariance::unsaid;   ///< when a positive number multiplies the input
  Invariance offset = Invariance::unsaid;  ///< when a number is added to the input
  std::string family = {};                 ///< the group of the reference that it is in
};

/// @}

}  // namespace tapegrad
