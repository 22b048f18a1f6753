#include "autograd/ops/core/broadcast_loop.h"

#include <algorithm>
#include <array>

#include "autograd/base/threads/parallel.h"

namespace tapegrad::detail {

namespace {

constexpr std::int64_t kTile = kernels::tile_size(1 << 15);  // elements

using Strides = std::array<std::int64_t, kMostOperands>;

struct Level {
  std::int64_t size;
  Strides stride;
};

/// The dimensions of a loop, innermost first, joined where every operand goes on. There is at least
/// one, and the first two can be read in any case.
struct Levels {
  int count = 1;
  std::array<Level, kMaxRank> level;

  Levels(const Shape& output, Operands operands) {
    level[0] = level[1] = {1, {}};
    Strides dense;  // stride of the operand's next dimension; cheaper than its strides()
    dense.fill(1);
    for (int d = -1; d >= -output.rank(); --d) {
      const std::int64_t length = output[d];
      Strides step{};
      for (std::size_t k = 0; k < operands.size(); ++k) {
        const Shape& shape = operands[k]->shape();
        if (d < -shape.rank() || shape[d] == 1) continue;
        step[k] = dense[k];
        dense[k] *= shape[d];
      }
      if (length != 1) add({length, step});
    }
  }

 private:
  void add(const Level& next) {
    Level& last = level[count - 1];
    bool joins = true;
    for (std::size_t k = 0; k < kMostOperands; ++k)
      joins &= next.stride[k] == last.stride[k] * last.size;
    if (last.size == 1) {  // there was none yet
      last = next;
    } else if (joins) {
      last.size *= next.size;
    } else {
      level[count++] = next;
    }
  }
};

/// One block of rows, in tiles where more than one thread may share them.
struct Block {
  Operands operands;
  BroadcastBody run;
  void* context;

  void operator()(const kernels::Operand* in, std::int64_t first, std::int64_t rows,
                  std::int64_t columns) const {
    if (!kernels::worth_threads(rows * columns)) return run(context, in, first, rows, columns);
    const bool by_row = rows > 1;
    const std::int64_t length = by_row ? rows : columns;
    const std::int64_t tile = by_row ? std::max<std::int64_t>(1, kTile / columns) : kTile;
    kernels::parallel_for((length + tile - 1) / tile, [&](std::int64_t t) {
      const std::int64_t start = t * tile;
      const std::int64_t count = std::min(tile, length - start);
      kernels::Operand part[kMostOperands];
      for (std::size_t k = 0; k < operands.size(); ++k) {
        const std::int64_t stride = by_row ? in[k].outer : in[k].inner;
        part[k] = in[k];
        part[k].data = static_cast<const char*>(in[k].data) +
                       start * stride * static_cast<std::int64_t>(size_of(operands[k]->dtype));
      }
      run(context, part, first + start * (by_row ? columns : 1), by_row ? count : 1,
          by_row ? columns : count);
    });
  }
};

}  // namespace

void broadcast_loop(const Shape& output, Operands operands, BroadcastBody run, void* context) {
  const Block block{operands, run, context};
  kernels::Operand in[kMostOperands];
  const std::int64_t numel = output.numel();
  if (single_row(numel, operands, in)) return block(in, 0, 1, numel);

  const Levels levels(output, operands);
  const Level& column = levels.level[0];
  const Level& row = levels.level[1];
  const std::span outer(levels.level.begin() + 2, levels.level.begin() + std::max(2, levels.count));
  std::int64_t blocks = 1;
  for (const Level& level : outer) blocks *= level.size;
  for (std::int64_t b = 0; b < blocks; ++b) {
    for (std::size_t k = 0; k < operands.size(); ++k) {
      std::int64_t offset = 0;
      std::int64_t rest = b;
      for (const Level& level : outer) {
        offset += rest % level.size * level.stride[k];
        rest /= level.size;
      }
      in[k] = {static_cast<const char*>(Raw::of(*operands[k])) +
                   offset * static_cast<std::int64_t>(size_of(operands[k]->dtype)),
               column.stride[k], row.stride[k]};
    }
    block(in, b * row.size * column.size, row.size, column.size);
  }
}

}  // namespace tapegrad::detail
