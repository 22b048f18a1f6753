#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tapegrad::kernels {

/// Calls `f(copy)`, where `copy(to, from)` copies `bytes` bytes. The loop around it, which is in
/// `f`, is compiled once for each size that a machine moves at once, where a call of memcpy would
/// cost more than the copy.
template <class F>
void with_block_copy(std::int64_t bytes, F&& f) {
  switch (bytes) {
    case 1:
      return f([](char* to, const char* from) { std::memcpy(to, from, 1); });
    case 4:
      return f([](char* to, const char* from) { std::memcpy(to, from, 4); });
    case 8:
      return f([](char* to, const char* from) { std::memcpy(to, from, 8); });
    case 16:
      return f([](char* to, const char* from) { std::memcpy(to, from, 16); });
    default:
      return f([size = static_cast<std::size_t>(bytes)](char* to, const char* from) {
        std::memcpy(to, from, size);
      });
  }
}

/// Copies `count` blocks of `bytes` bytes; from one to the next it is `from_step` and `to_step`
/// bytes.
inline void copy_blocks(const char* from, std::int64_t from_step, char* to, std::int64_t to_step,
                        std::int64_t bytes, std::int64_t count) {
  if (from_step == bytes && to_step == bytes) {
    bytes *= count;
    count = bytes > 0;
  }
  with_block_copy(bytes, [&](auto copy) {
    for (std::int64_t i = 0; i < count; ++i) copy(to + i * to_step, from + i * from_step);
  });
}

/// Writes rows of `columns` times the `bytes` bytes (1, 4 or 8: an element) at `from`, which moves
/// on by `step` bytes from row to row.
inline void repeat_blocks(const char* from, std::int64_t step, char* to, std::int64_t bytes,
                          std::int64_t rows, std::int64_t columns) {
  const auto run = [=]<class Value>(Value value) {
    constexpr auto size = static_cast<std::int64_t>(sizeof value);
    for (std::int64_t row = 0; row < rows; ++row) {
      std::memcpy(&value, from + row * step, sizeof value);
      using Any [[gnu::may_alias]] = Value;
      std::fill_n(reinterpret_cast<Any*>(to + row * columns * size), columns, value);
    }
  };
  if (bytes == 1) return run(std::uint8_t{});
  if (bytes == 4) return run(std::uint32_t{});
  run(std::uint64_t{});
}

}  // namespace tapegrad::kernels
