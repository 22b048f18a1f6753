#pragma once

#include <span>

#include "autograd/ops/formula/region.h"

// Internal: the loops of a scalar operator over tensors.

namespace tapegrad::detail {

/// What a call computes of a function y(x) of n numbers with m results. Its inputs are x and
/// `level` directions v, of n tensors each; undefined ones of v are 0.
struct RegionPart {
  const ScalarText* text;
  int level = 0;
  /// -1: the derivative of y along v, which for level 0 is y, m outputs. Else m more inputs follow,
  /// of which undefined ones are 0, and the one output is their product with the derivative of that
  /// by input number `pulled` of x.
  int pulled = -1;

  bool pulls() const noexcept { return pulled >= 0; }
  /// The order of the derivative.
  int order() const noexcept { return level + (pulls() ? 1 : 0); }
  int input_count() const noexcept {
    return text->inputs * (1 + level) + (pulls() ? text->outputs : 0);
  }
  int output_count() const noexcept { return pulls() ? 1 : text->outputs; }
};

/// Computes that into `outputs`, new and of one shape, to which the inputs broadcast; all have one
/// floating-point type. `partials`, of level 0, is empty, or has a place for dy_j/dx_i at j n + i,
/// which are computed beside where they are defined.
void run_region_part(const char* name, const RegionPart& part, const void* f,
                     std::span<const Tensor> inputs, std::span<const Tensor> outputs,
                     std::span<const Tensor> partials);

}  // namespace tapegrad::detail
