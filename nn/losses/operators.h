#pragma once

/// @file
/// The operators of `nn`, with cases to check them by, and its conventions, as
/// `tapegrad::operators` and `tapegrad::conventions` have those of the engine.
///
///     for (const tg::OperatorInfo& op : nn::operators()) fmt::print("{}\n", op.name);

#include <span>
#include <vector>

#include "autograd/check/conventions.h"
#include "autograd/check/operators.h"

namespace tapegrad::nn {

/// @addtogroup losses
/// @{

/// Every operator of `nn` that can stand on the tape, with cases, as `tapegrad::operators` gives
/// those of the engine. Whatever else `nn` computes is made of these and those.
std::vector<OperatorInfo> operators();

/// What losses and layers do where their formulas do not say it, as `tapegrad::conventions` has it
/// for the engine.
std::span<const Convention> conventions();

/// @}

}  // namespace tapegrad::nn
