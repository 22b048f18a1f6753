#pragma once

#include <cstdint>

#include "autograd/kernels/cpu.h"
#include "autograd/kernels/optim_step.h"

namespace tapegrad::kernels {

/// Steps of optimizers over `n` elements of type `T`; see optim.h.
template <class T>
struct OptimKernels {
  using Int = std::int64_t;
  void (*sgd)(T* p, const T* g, T* momentum, SgdStep step, Int n);
  void (*adam)(T* p, const T* g, T* m, T* v, T* largest_v, AdamStep step, Int n);
  void (*rmsprop)(T* p, const T* g, T* square_mean, T* mean, T* momentum, RmspropStep step, Int n);
  void (*adagrad)(T* p, const T* g, T* squares, AdagradStep step, Int n);
};

}  // namespace tapegrad::kernels
