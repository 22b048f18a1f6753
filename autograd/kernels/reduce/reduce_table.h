#pragma once

#include <cstdint>

#include "autograd/kernels/simd/cpu.h"

namespace tapegrad::kernels {

/// Reductions of elements of type `T`, by `Reducer`; see reduce.h. n >= 1.
template <class T>
struct ReduceKernels {
  using Int = std::int64_t;
  /// Each of `rows` dense rows of `n` elements to one.
  void (*rows[4])(const T* x, T* out, Int rows, Int n);
  /// `[n, inner]` to `[inner]`.
  void (*columns[4])(const T* x, T* out, Int n, Int inner);
};

}  // namespace tapegrad::kernels
