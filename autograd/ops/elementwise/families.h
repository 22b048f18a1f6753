#pragma once

#include "autograd/ops/elementwise/activation.h"
#include "autograd/ops/elementwise/angles.h"
#include "autograd/ops/elementwise/arithmetic.h"
#include "autograd/ops/elementwise/choices.h"
#include "autograd/ops/elementwise/exponential.h"
#include "autograd/ops/elementwise/further_activation.h"
#include "autograd/ops/elementwise/gamma.h"
#include "autograd/ops/elementwise/logarithms.h"
#include "autograd/ops/elementwise/rounding.h"
#include "autograd/ops/elementwise/special.h"
#include "autograd/ops/elementwise/trigonometric.h"

// Internal: all families of elementwise operators.

namespace tapegrad {

/// @addtogroup operators
/// @{
/// @cond
namespace formula {

/// Those that are seldom used: core/elementwise_scalar.h makes their loops.
using Seldom = Joined<Roundings, Angles, Logarithms, Choices, Gamma>;

/// Those with loops for every instruction set.
using Vectorised =
    Joined<Arithmetic, Exponential, Trigonometric, Special, Activations, FurtherActivations>;

/// Every formula of elementwise operators.
using Elementwise = Joined<Vectorised, Seldom>;

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
