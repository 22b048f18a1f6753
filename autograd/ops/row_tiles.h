#pragma once

#include <algorithm>

#include "autograd/kernels/cpu.h"
#include "autograd/kernels/parallel.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

/// Rows that one tile covers; depends on their length alone, so that threads do not change any
/// bits.
inline std::int64_t rows_per_tile(std::int64_t length) {
  return std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, length));
}

/// Calls `f(first, rows)` for tiles of the `rows` rows of `length` elements.
template <class F>
void for_row_tiles(std::int64_t rows, std::int64_t length, F&& f) {
  if (rows == 0) return;
  if (!kernels::worth_threads(rows * length)) return f(std::int64_t{0}, rows);
  const std::int64_t tile = rows_per_tile(length);
  kernels::parallel_for((rows + tile - 1) / tile,
                        [&](std::int64_t t) { f(t * tile, std::min(tile, rows - t * tile)); });
}

/// A tensor like `x` whose rows (last dimension) `f(loops, out, first, rows, length)` fills, with
/// the kernels `loops` of a family, such as `RowKernels`.
template <template <class T> class Kernels, class F>
Tensor run_rows(const Tensor& x, F&& f) {
  Tensor result = new_tensor(x.shape(), x.dtype());
  const std::int64_t n = x.shape().back();
  if (x.numel() == 0) return result;
  visit_floating(x.dtype(), [&]<class T>(T) {
    for_row_tiles(x.numel() / n, n, [&](std::int64_t first, std::int64_t rows) {
      f(kernels::chosen<Kernels<T>>(), fresh_data<T>(result), first, rows, n);
    });
  });
  return result;
}

}  // namespace tapegrad::detail
