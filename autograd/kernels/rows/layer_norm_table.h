#pragma once

#include <cstdint>

#include "autograd/kernels/simd/cpu.h"

namespace tapegrad::kernels {

/// layer_norm and its rules over `rows` dense rows of `n` elements of type `T`; see layer_norm.h.
template <class T>
struct LayerNormKernels {
  using Int = std::int64_t;
  void (*layer_norm)(const T* x, const T* weight, const T* bias, T eps, T* out, T* center,
                     T* offset, T* rstd, Int rows, Int n);
  void (*layer_norm_rule)(const T* g, const T* x, const T* center, const T* offset, const T* rstd,
                          const T* weight, T* out, Int rows, Int n);
  /// Adds the rows' part of the gradient of weight.
  void (*layer_norm_sums)(const T* g, const T* x, const T* center, const T* offset, const T* rstd,
                          T* dweight, Int rows, Int n);
};

}  // namespace tapegrad::kernels
