#pragma once

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
};

/// An operator of the library, with the cases that check it.
struct OperatorInfo {
  std::string name;                 ///< as records on the tape say
  std::vector<OperatorCase> cases;  ///< at least one
};

/// @}

}  // namespace tapegrad
