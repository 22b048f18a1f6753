#pragma once

#include "autograd/ops/cases.h"
#include "autograd/ops/formula/formula.h"
#include "autograd/tensor/create/random.h"

// What the cases of operators are made with.

namespace tapegrad::detail {

/// What a case is called with.
using Inputs = std::vector<Tensor>;

/// Draws arguments; every operator starts from the same seed, so that its cases do not depend on
/// others.
class Draw {
 public:
  /// float64, requires gradients.
  Tensor operator()(const Shape& shape, formula::Samples samples = {-2, 2});
  /// Distinct values in random order, at least 0.2 apart, so that no two of them tie.
  Tensor distinct(const Shape& shape);

 private:
  Generator generator_{20};
};

}  // namespace tapegrad::detail
