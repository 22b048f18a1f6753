#pragma once

#include <cstdint>

#include "autograd/kernels/simd/cpu.h"

namespace tapegrad::kernels {

/// See extremes.h.
template <class T>
struct ExtremesKernels {
  void (*extremes)(const T* x, std::int64_t n, T* found);
};

}  // namespace tapegrad::kernels
