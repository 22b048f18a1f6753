#pragma once

#include <vector>

#include "autograd/check/operators.h"

namespace tapegrad::nn {

/// @addtogroup losses
/// @{

/// Every operator of `nn` that can stand on the tape, with cases, as `tapegrad::operators` gives
/// those of the engine. Whatever else `nn` computes is made of these and those.
std::vector<OperatorInfo> operators();

/// @}

}  // namespace tapegrad::nn
