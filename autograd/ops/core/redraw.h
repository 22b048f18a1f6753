#pragma once

#include "autograd/tensor/create/random.h"

// Internal: for operators that draw random numbers.

namespace tapegrad::detail {

/// Puts the thread's generator back, unless what it was used for is `done`: nobody has seen the
/// numbers then, so that the same call gives the same ones.
struct Redraw {
  const Generator before = default_generator();
  bool done = false;
  ~Redraw() {
    if (!done) default_generator() = before;
  }
};

}  // namespace tapegrad::detail
