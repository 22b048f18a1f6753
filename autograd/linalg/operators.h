#pragma once

/// @file
/// The operators of this library, with cases to check them by, as `tapegrad::operators` has those
/// of the engine.
///
///     for (const tg::OperatorInfo& op : tg::linalg_operators()) fmt::print("{}\n", op.name);

#include <vector>

#include "autograd/ops/cases.h"

namespace tapegrad {

/// @addtogroup linalg
/// @{

/// Every operator of this room that can stand on the tape, with cases, as `operators` gives those
/// of the engine. Whatever else the room computes is made of these and those.
std::vector<OperatorInfo> linalg_operators();

/// @}

}  // namespace tapegrad
