#pragma once

#include "autograd/ops/elementwise/activation.h"
#include "autograd/ops/elementwise/arithmetic.h"
#include "autograd/ops/elementwise/exponential.h"
#include "autograd/ops/elementwise/further_activation.h"
#include "autograd/ops/elementwise/special.h"
#include "autograd/ops/elementwise/trigonometric.h"

namespace tapegrad {

/// @addtogroup operators
/// @{
/// @cond
namespace formula {

/// Every formula of elementwise operators.
using Elementwise =
    Joined<Arithmetic, Exponential, Trigonometric, Special, Activations, FurtherActivations>;

}  // namespace formula

struct OperatorInfo;

namespace detail {

/// The cases that prove each operator of this family that is no formula; they stand beside its
/// rule.
/// @{
[[gnu::cold]] OperatorInfo clamp_tensor_cases(), to_cases(), overwrite_cases();
inline constexpr OperatorInfo (*kElementwiseCases[])() = {clamp_tensor_cases, to_cases,
                                                          overwrite_cases};
/// @}

}  // namespace detail
/// @endcond
/// @}

}  // namespace tapegrad
