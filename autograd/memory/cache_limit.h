#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

// Internal: how much the pool of slabs and the heap of large blocks may keep together.

namespace tapegrad::detail {

/// See `set_cache_limit`.
inline constinit std::atomic<std::int64_t> cache_limit{std::int64_t{1} << 30};
/// The sum of all `KeptBytes`.
inline constinit std::atomic<std::int64_t> kept_bytes{0};

inline bool keeps_more_than(std::int64_t limit) noexcept {
  return kept_bytes.load(std::memory_order_relaxed) > limit;
}
inline bool keeps_too_much() noexcept {
  return keeps_more_than(cache_limit.load(std::memory_order_relaxed));
}

/// Bytes with memory behind them that one of the two keeps for reuse.
class KeptBytes {
 public:
  void add(std::size_t bytes) noexcept { change(static_cast<std::int64_t>(bytes)); }
  void remove(std::size_t bytes) noexcept { change(-static_cast<std::int64_t>(bytes)); }
  std::int64_t get() const noexcept { return bytes_; }

 private:
  void change(std::int64_t bytes) noexcept {
    bytes_ += bytes;
    kept_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }
  std::int64_t bytes_ = 0;
};

/// What one of the two has: bytes in use, and bytes that are free but still have memory behind them,
/// over all threads; how often the system was asked for more.
struct KeptStats {
  std::int64_t used, cached, system_calls;
};

}  // namespace tapegrad::detail
