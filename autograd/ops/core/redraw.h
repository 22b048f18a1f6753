#pragma once

#include "autograd/tensor/create/random.h"

// Internal: for operators that draw random numbers.

namespace tapegrad::detail {

/// Puts a generator back, that of the thread unless another is given, unless what it was used for is
/// `done`: nobody has seen the numbers then, so that the same call gives the same ones.
struct Redraw {
  Generator& generator = default_generator();
  const Generator before = generator;
  bool done = false;
  ~Redraw() {
    if (!done) generator = before;
  }
};

}  // namespace tapegrad::detail
