#pragma once

/// @file
/// Names for what a rule reads: inputs `kA` to `kH`, the output `kY`, what the forward kept,
/// nothing. Includes nothing of the engine, as headers of formulas do not.
///
///     static constexpr tg::Reads reads[] = {tg::kB | tg::kY, tg::kNone};  // rules of a and b

#include "autograd/base/cxx20.h"

namespace tapegrad {

/// @addtogroup custom
/// @{

/// Names the values that a rule reads: none, or a sum of the output y, inputs a to h, and what the
/// forward kept.
/// @{
using Reads = unsigned;
inline constexpr Reads kNone = 0, kY = 1, kA = 2, kB = 4, kC = 8, kD = 16, kE = 32, kF = 64,
                       kG = 128, kH = 256, kKept = 512;
/// @}

/// @}

}  // namespace tapegrad
