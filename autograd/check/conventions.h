#pragma once

/// @file
/// What functions do where their formulas do not say it: gradients at ties, kinks, bounds and NaN.
///
///     for (const tg::Convention& convention : tg::conventions())
///       if (convention.function == std::string_view("relu")) fmt::print("{}\n", convention.note);

#include <span>

#include "autograd/base/cxx20.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// What a function does where its formula alone does not say it.
struct Convention {
  const char* function;  ///< the name of its operator, if it is one, else its own
  const char* family;    ///< the group of the reference that it is in
  /// The gradient at ties, kinks, bounds, infinities, NaN or for nothing; or why there is none.
  const char* note;
  bool differentiable = true;  ///< false where no gradient is recorded
};

/// Those of the engine, family by family. What is no operator is composed of such, or has no
/// gradient.
///
/// One list, instead of a word in each operator's struct: it holds functions that are no operators,
/// too, and only programs that ask for it have its text. Each line has its test.
std::span<const Convention> conventions();

/// @}

}  // namespace tapegrad
