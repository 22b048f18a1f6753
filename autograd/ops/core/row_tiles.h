#pragma once

#include <algorithm>

#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/simd/cpu.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad::detail {

/// Rows that one tile covers; depends on their length alone, so that threads do not change any
/// bits.
inline std::int64_t rows_per_tile(std::int64_t length) {
  return std::max<std::int64_t>(1, kernels::tile_size(16384) / std::max<std::int64_t>(1, length));
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

/// Some rows of a matrix.
struct RowTile {
  std::int64_t first, rows, length;
  /// The first element.
  std::int64_t start() const { return first * length; }
};

/// Launches the kernel `name` on the rows (last dimension) of `x`: calls `f(loops, tile, args...)`
/// for tiles of them, with the kernels `loops` of a family, such as `RowKernels`, for the type of
/// `x`. That is also the type of `in()` and `out()` among the arguments.
template <template <class T> class Kernels, class F, class... Args>
void launch_rows(const char* name, const Tensor& x, F, const Args&... args) {
  const std::int64_t n = x.shape().back();
  const std::int64_t rows = n > 0 ? x.numel() / n : x.shape().with_size(-1, 1).numel();
  visit_floating(x.dtype(), [&]<class T>(T) {
    launch(
        name,
        [](std::int64_t all, std::int64_t length, auto... each) {
          for_row_tiles(all, length, [&](std::int64_t first, std::int64_t count) {
            F()(kernels::chosen<Kernels<T>>(), RowTile{first, count, length}, each...);
          });
        },
        rows, n, typed<T>(args)...);
  });
}

/// The same into a new tensor like `x`, which is the last argument of `f`.
template <template <class T> class Kernels, class F, class... Args>
Tensor run_rows(const char* name, const Tensor& x, F f, const Args&... args) {
  const Tensor result = new_tensor_like(x, x.dtype());
  if (x.numel() > 0) launch_rows<Kernels>(name, x, f, args..., out(result));
  return result;
}

}  // namespace tapegrad::detail
