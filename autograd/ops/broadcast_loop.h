#pragma once

#include <algorithm>
#include <array>

#include "autograd/kernels/map.h"
#include "autograd/kernels/parallel.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

/// Walks `N` operands that broadcast to one dense output, as rows with strides.
///
/// Dimensions that are contiguous for every operand are joined, so that most calls see one row, or
/// a few rows of equal strides. Work is shared in tiles whose size does not depend on the number of
/// threads.
template <int N>
class BroadcastLoop {
 public:
  BroadcastLoop(const Shape& output, const std::array<const Impl*, N>& operands) {
    for (int k = 0; k < N; ++k) {
      data_[k] = static_cast<const char*>(operands[k]->data);
      element_[k] = static_cast<std::int64_t>(size_of(operands[k]->dtype));
    }
    bool same = true;
    for (int k = 0; k < N; ++k) same &= operands[k]->shape == output;
    if (same) {
      size_[0] = output.numel();
      for (int k = 0; k < N; ++k) stride_[0][k] = 1;
      levels_ = 1;
      return;
    }
    // From the last dimension outwards: join with the level before where every stride goes on.
    std::array<std::int64_t, N> dense;  // stride of the operand's next dimension
    dense.fill(1);
    for (int d = output.rank() - 1; d >= 0; --d) {
      const std::int64_t size = output[static_cast<std::size_t>(d)];
      std::array<std::int64_t, N> stride{};
      for (int k = 0; k < N; ++k) {
        const Shape& shape = operands[k]->shape;
        const int own = d - (output.rank() - shape.rank());
        if (own < 0 || shape[static_cast<std::size_t>(own)] == 1) continue;
        stride[k] = dense[k];
        dense[k] *= shape[static_cast<std::size_t>(own)];
      }
      if (size == 1) continue;
      bool joins = levels_ > 0;
      for (int k = 0; joins && k < N; ++k)
        joins = stride[k] == stride_[levels_ - 1][k] * size_[levels_ - 1];
      if (joins) {
        size_[levels_ - 1] *= size;
      } else {
        size_[levels_] = size;
        stride_[levels_++] = stride;
      }
    }
    if (levels_ == 0) {
      size_[0] = 1;
      stride_[0].fill(0);
      levels_ = 1;
    }
  }

  /// Calls `run(operands, first, rows, columns)`, where `first` counts output elements before the
  /// rows.
  template <class F>
  void operator()(F&& run) const {
    const std::int64_t columns = size_[0];
    const std::int64_t rows = levels_ > 1 ? size_[1] : 1;
    std::int64_t blocks = 1;
    for (int level = 2; level < levels_; ++level) blocks *= size_[level];
    for (std::int64_t block = 0; block < blocks; ++block) {
      std::array<kernels::Operand, N> operands;
      for (int k = 0; k < N; ++k) {
        std::int64_t offset = 0;
        std::int64_t rest = block;
        for (int level = 2; level < levels_; ++level) {
          offset += rest % size_[level] * stride_[level][k];
          rest /= size_[level];
        }
        operands[k] = {data_[k] + offset * element_[k], stride_[0][k],
                       levels_ > 1 ? stride_[1][k] : 0};
      }
      run_block(operands, block * rows * columns, rows, columns, run);
    }
  }

 private:
  static constexpr std::int64_t kTile = 1 << 15;  // elements

  template <class F>
  void run_block(const std::array<kernels::Operand, N>& operands, std::int64_t first,
                 std::int64_t rows, std::int64_t columns, F&& run) const {
    if (rows * columns <= 2 * kTile || num_threads() == 1) {
      run(operands.data(), first, rows, columns);
      return;
    }
    const bool by_row = rows > 1;
    const std::int64_t length = by_row ? rows : columns;
    const std::int64_t tile = by_row ? std::max<std::int64_t>(1, kTile / columns) : kTile;
    kernels::parallel_for((length + tile - 1) / tile, [&](std::int64_t t) {
      const std::int64_t start = t * tile;
      const std::int64_t count = std::min(tile, length - start);
      std::array<kernels::Operand, N> part = operands;
      for (int k = 0; k < N; ++k) {
        const std::int64_t stride = by_row ? part[k].outer : part[k].inner;
        part[k].data = static_cast<const char*>(part[k].data) + start * stride * element_[k];
      }
      run(part.data(), first + start * (by_row ? columns : 1), by_row ? count : 1,
          by_row ? columns : count);
    });
  }

  int levels_ = 0;
  std::array<std::int64_t, kMaxRank> size_;
  std::array<std::array<std::int64_t, N>, kMaxRank> stride_;
  std::array<const char*, N> data_;
  std::array<std::int64_t, N> element_;
};

}  // namespace tapegrad::detail
