#pragma once

#include "autograd/tensor/create/random.h"

// Internal: for operators that draw random numbers.

namespace tapegrad::detail {

/// Puts a generator back, that of the thread unless another is given, except where what it was used
/// for is `done`: else nobody has seen the numbers, and the same call is to give the same ones.
struct Redraw {
  Generator& generator = default_generator();
  const Generator before = generator;
  bool done = false;
  ~Redraw() {
    if (!done) generator = before;
  }
};

}  // namespace tapegrad::detail
