#pragma once

#include <array>
#include <cstdint>

#include "autograd/base/cxx20.h"

// Internal: numbers of an optimizer's step that depend on how many there were. They are computed in
// the library, so that their bits do not depend on the flags of a program that includes optimizers.

namespace tapegrad::nn::detail {

/// 1 - beta^step for the last step asked for, so that the powers are not computed for each
/// parameter.
struct BiasCorrection {
  std::array<double, 2> betas{};
  std::int64_t step = 0;
  std::array<double, 2> values{};

  void update(const std::array<double, 2>& new_betas, std::int64_t new_step);
};

/// lr / (1 + (step - 1) decay)
double decayed_lr(double lr, double decay, std::int64_t step);

}  // namespace tapegrad::nn::detail
