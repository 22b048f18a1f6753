#include "autograd/ops/broadcast_loop.h"

#include <algorithm>
#include <array>

#include "autograd/kernels/parallel.h"

namespace tapegrad::detail {

namespace {

constexpr int kMostOperands = 4;
constexpr std::int64_t kTile = 1 << 15;  // elements

using Strides = std::array<std::int64_t, kMostOperands>;

/// The dimensions of a loop, innermost first, joined where every operand goes on.
struct Levels {
  int count = 0;
  std::array<std::int64_t, kMaxRank> size;
  std::array<Strides, kMaxRank> stride;

  Levels(const Shape& output, Operands operands) {
    Strides dense;  // stride of the operand's next dimension
    dense.fill(1);
    for (int d = output.rank() - 1; d >= 0; --d) {
      const std::int64_t length = output[static_cast<std::size_t>(d)];
      Strides step{};
      for (std::size_t k = 0; k < operands.size(); ++k) {
        const Shape& shape = operands[k]->shape;
        const int own = d - (output.rank() - shape.rank());
        if (own < 0 || shape[static_cast<std::size_t>(own)] == 1) continue;
        step[k] = dense[k];
        dense[k] *= shape[static_cast<std::size_t>(own)];
      }
      if (length != 1) add(length, step, operands.size());
    }
    if (count == 0) add(1, {}, operands.size());
  }

 private:
  void add(std::int64_t length, const Strides& step, std::size_t operands) {
    bool joins = count > 0;
    for (std::size_t k = 0; joins && k < operands; ++k)
      joins = step[k] == stride[count - 1][k] * size[count - 1];
    if (joins) {
      size[count - 1] *= length;
    } else {
      size[count] = length;
      stride[count++] = step;
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
  const std::int64_t columns = levels.size[0];
  const std::int64_t rows = levels.count > 1 ? levels.size[1] : 1;
  std::int64_t blocks = 1;
  for (int level = 2; level < levels.count; ++level) blocks *= levels.size[level];
  for (std::int64_t b = 0; b < blocks; ++b) {
    for (std::size_t k = 0; k < operands.size(); ++k) {
      std::int64_t offset = 0;
      std::int64_t rest = b;
      for (int level = 2; level < levels.count; ++level) {
        offset += rest % levels.size[level] * levels.stride[level][k];
        rest /= levels.size[level];
      }
      in[k] = {static_cast<const char*>(operands[k]->data) +
                   offset * static_cast<std::int64_t>(size_of(operands[k]->dtype)),
               levels.stride[0][k], levels.count > 1 ? levels.stride[1][k] : 0};
    }
    block(in, b * rows * columns, rows, columns);
  }
}

}  // namespace tapegrad::detail
