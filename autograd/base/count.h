#pragma once

#include <atomic>
#include <cstdint>

#include "autograd/base/cxx20.h"

#if defined(__has_include)
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif
#endif

// Internal: how references to values and records are counted.

namespace tapegrad::detail {

/// True while the process has only one thread, where plain increments do.
inline bool single_threaded() noexcept {
#if defined(_SYS_SINGLE_THREADED_H)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

/// A reference count that costs an atomic operation only where there is more than one thread.
class Count {
 public:
  constexpr explicit Count(std::uint32_t value = 0) noexcept : value_(value) {}
  std::uint32_t load() const noexcept { return value_.load(std::memory_order_acquire); }
  /// Returns what it was.
  [[gnu::always_inline]] std::uint32_t increment() noexcept {
    if (!single_threaded()) return value_.fetch_add(1, std::memory_order_relaxed);
    const std::uint32_t before = value_.load(std::memory_order_relaxed);
    value_.store(before + 1, std::memory_order_relaxed);
    return before;
  }
  /// The same where there is one at least; false where there is none, and what was counted is about
  /// to go, perhaps on another thread.
  bool increment_if_any() noexcept {
    std::uint32_t before = value_.load(std::memory_order_relaxed);
    while (before != 0 &&
           !value_.compare_exchange_weak(before, before + 1, std::memory_order_relaxed)) {
    }
    return before != 0;
  }
  /// True when this took the last one.
  [[gnu::always_inline]] bool decrement() noexcept {
    if (single_threaded()) {
      const std::uint32_t value = value_.load(std::memory_order_relaxed) - 1;
      value_.store(value, std::memory_order_relaxed);
      return value == 0;
    }
    return value_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

 private:
  std::atomic<std::uint32_t> value_;
};

}  // namespace tapegrad::detail
