#include "autograd/kernels/permute/permute.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/permute/blocks.h"

namespace tapegrad::kernels {

namespace {

constexpr std::int64_t kTile = tile_size(1 << 15);  // elements that one thread takes at a time
constexpr std::int64_t kStrip = 64;                 // rows of the result that are filled together
constexpr int kBlock = 16;  // side of a square that stays in the first cache

/// Some dimensions of the result, next to each other in memory.
struct Level {
  std::int64_t size;
  std::int64_t from;  // stride in the source
  std::int64_t to;    // stride in the result
};

struct Levels {
  std::array<Level, 8> at;
  int count = 0;

  void push(Level level) { at[static_cast<std::size_t>(count++)] = level; }
  Level& operator[](int i) { return at[static_cast<std::size_t>(i)]; }
  Level take(int i) {
    const Level taken = (*this)[i];
    std::copy(at.begin() + i + 1, at.begin() + count, at.begin() + i);
    --count;
    return taken;
  }
};

/// The dimensions of more than one entry, joined where the source goes on from one to the next.
Levels join(std::span<const Axis> axes) {
  Levels levels;
  for (const Axis& axis : axes) {
    if (axis.size == 1) continue;
    if (levels.count > 0 && levels[levels.count - 1].from == axis.size * axis.stride) {
      Level& last = levels[levels.count - 1];
      last.size *= axis.size;
      last.from = axis.stride;
    } else {
      levels.push({axis.size, axis.stride, 0});
    }
  }
  std::int64_t stride = 1;
  for (int i = levels.count - 1; i >= 0; --i) {
    levels[i].to = stride;
    stride *= levels[i].size;
  }
  return levels;
}

// Elements are moved as bytes: what type they have is not known here.

template <int bytes>
void copy_element(const char* from, char* to) {
  std::memcpy(to, from, bytes);
}

/// A square of `side` by `side` elements of `bytes` bytes. Steps count bytes from row to row.
template <int side, int bytes>
void transpose_square(const char* from, std::int64_t from_step, char* to, std::int64_t to_step) {
  for (int r = 0; r < side; ++r) {
#pragma GCC unroll 16
    for (int c = 0; c < side; ++c)
      copy_element<bytes>(from + c * from_step + r * bytes, to + r * to_step + c * bytes);
  }
}

/// Four by four elements of four bytes in registers: two to three times as fast as one by one.
template <>
void transpose_square<4, 4>(const char* from, std::int64_t from_step, char* to,
                            std::int64_t to_step) {
  using Row [[gnu::vector_size(16)]] = std::uint32_t;
  Row in[4], out[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) std::memcpy(&in[i], from + i * from_step, sizeof(Row));
  const Row low01 = __builtin_shufflevector(in[0], in[1], 0, 4, 1, 5);
  const Row low23 = __builtin_shufflevector(in[2], in[3], 0, 4, 1, 5);
  const Row high01 = __builtin_shufflevector(in[0], in[1], 2, 6, 3, 7);
  const Row high23 = __builtin_shufflevector(in[2], in[3], 2, 6, 3, 7);
  out[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  out[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  out[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  out[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) std::memcpy(to + i * to_step, &out[i], sizeof(Row));
}

/// to[r][c] = from[c][r]; steps count bytes from row to row.
template <int bytes>
void transpose(const char* from, std::int64_t from_step, char* to, std::int64_t to_step,
               std::int64_t rows, std::int64_t columns) {
  constexpr int side = bytes == 4 ? 4 : kBlock;
  for (std::int64_t c0 = 0; c0 < columns; c0 += kBlock) {
    for (std::int64_t r0 = 0; r0 < rows; r0 += kBlock) {
      const char* source = from + c0 * from_step + r0 * bytes;
      char* target = to + r0 * to_step + c0 * bytes;
      const std::int64_t r1 = std::min<std::int64_t>(kBlock, rows - r0);
      const std::int64_t c1 = std::min<std::int64_t>(kBlock, columns - c0);
      if (r1 == kBlock && c1 == kBlock) {
        for (int r = 0; r < kBlock; r += side) {
          for (int c = 0; c < kBlock; c += side)
            transpose_square<side, bytes>(source + c * from_step + r * bytes, from_step,
                                          target + r * to_step + c * bytes, to_step);
        }
      } else {
        for (std::int64_t r = 0; r < r1; ++r) {
          for (std::int64_t c = 0; c < c1; ++c)
            copy_element<bytes>(source + c * from_step + r * bytes,
                                target + r * to_step + c * bytes);
        }
      }
    }
  }
}

/// Calls `f(from, to, rows)`, offsets in elements, for strips of at most `strip` entries of `row`,
/// under every entry of the levels `outer`; several strips make a tile.
template <class F>
void for_each_strip(Levels& outer, const Level& row, std::int64_t strip, std::int64_t row_elements,
                    F f) {
  const std::int64_t strips = (row.size + strip - 1) / strip;
  std::int64_t units = strips;
  for (int i = 0; i < outer.count; ++i) units *= outer[i].size;
  const std::int64_t per_tile =
      std::max<std::int64_t>(1, kTile / (std::min(strip, row.size) * row_elements));
  parallel_for((units + per_tile - 1) / per_tile,
               [&](std::int64_t tile) {
                 const std::int64_t end = std::min(units, (tile + 1) * per_tile);
                 for (std::int64_t unit = tile * per_tile; unit < end; ++unit) {
                   const std::int64_t first = unit % strips * strip;
                   std::int64_t from = first * row.from, to = first * row.to;
                   std::int64_t rest = unit / strips;
                   for (int i = outer.count - 1; i >= 0; --i) {
                     from += rest % outer[i].size * outer[i].from;
                     to += rest % outer[i].size * outer[i].to;
                     rest /= outer[i].size;
                   }
                   f(from, to, std::min(strip, row.size - first));
                 }
               },
               units * std::min(strip, row.size) * row_elements);
}

template <int bytes>
void permute_elements(const char* from, char* to, Levels levels) {
  const Level inner = levels.take(levels.count - 1);
  if (inner.from == 1) {
    // Whole runs stay together.
    const Level row = levels.take(levels.count - 1);
    for_each_strip(levels, row, std::max<std::int64_t>(1, kTile / inner.size), inner.size,
                   [&](std::int64_t from_at, std::int64_t to_at, std::int64_t rows) {
                     copy_blocks(from + from_at * bytes, row.from * bytes, to + to_at * bytes,
                                 row.to * bytes, inner.size * bytes, rows);
                   });
    return;
  }
  int dense = 0;
  while (levels[dense].from != 1) ++dense;
  const Level row = levels.take(dense);
  for_each_strip(levels, row, kStrip, inner.size,
                 [&](std::int64_t from_at, std::int64_t to_at, std::int64_t rows) {
                   transpose<bytes>(from + from_at * bytes, inner.from * bytes, to + to_at * bytes,
                                    row.to * bytes, rows, inner.size);
                 });
}

}  // namespace

void permute(const void* from, void* to, std::size_t element, std::span<const Axis> axes) {
  const char* source = static_cast<const char*>(from);
  char* target = static_cast<char*>(to);
  Levels levels = join(axes);
  if (levels.count <= 1) {
    const std::int64_t count = levels.count == 0 ? 1 : levels[0].size;
    std::memcpy(target, source, static_cast<std::size_t>(count) * element);
  } else if (element == 1) {
    permute_elements<1>(source, target, levels);
  } else if (element == 4) {
    permute_elements<4>(source, target, levels);
  } else {
    permute_elements<8>(source, target, levels);
  }
}

}  // namespace tapegrad::kernels
