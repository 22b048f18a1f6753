#pragma once

#include <cstdint>

#include "autograd/kernels/rows/row_masks.h"
#include "autograd/kernels/simd/cpu.h"

namespace tapegrad::kernels {

/// Loops over `rows` dense rows of `n` elements of type `T`; see row_functions.h.
template <class T>
struct RowKernels {
  using Int = std::int64_t;
  void (*softmax)(const T* x, T* out, Int rows, Int n);
  void (*softmax_rule)(const T* g, const T* y, T* out, Int rows, Int n);
  void (*masked_softmax)(const T* x, RowMasks masks, T* out, Int rows, Int n);
  void (*masked_softmax_rule)(const T* g, const T* y, RowMasks masks, T* out, Int rows, Int n);
  void (*log_softmax)(const T* x, T* out, Int rows, Int n);
  void (*log_softmax_rule)(const T* g, const T* y, T* out, Int rows, Int n);
  /// The loss of each row, its shift and sum(exp(x - shift)); a target outside of [0, n) does not
  /// count.
  void (*cross_entropy)(const T* x, const Int* target, T* loss, T* shift, T* sum, Int rows, Int n);
  /// out = scale (exp(x - shift) / sum - [class]) for each row; one scale for all where its step is
  /// 0.
  void (*cross_entropy_rule)(const T* x, const T* shift, const T* sum, const Int* target,
                             const T* scale, Int scale_step, T* out, Int rows, Int n);
  /// out = sum(exp(x - shift) / sum (t - t[class])) of each row.
  void (*cross_entropy_tangent)(const T* x, const T* shift, const T* sum, const Int* target,
                                const T* t, T* out, Int rows, Int n);
};

}  // namespace tapegrad::kernels
