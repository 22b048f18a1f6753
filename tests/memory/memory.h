#pragma once

// What the tests of memory share.

#include <cstdint>
#include <fstream>

#include "autograd/autograd.h"
#include "autograd/memory/large_heap.h"

#if defined(__linux__)
#include <unistd.h>
#endif

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define TAPEGRAD_SANITIZED
#endif
#endif

namespace memory {

namespace tg = tapegrad;

inline constexpr std::int64_t kMegabyte = 1 << 20;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || defined(TAPEGRAD_SANITIZED)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// Memory behind this process's addresses in bytes, 0 where that is not known, or where a
/// sanitizer has the most of it.
inline std::int64_t resident() {
  std::int64_t present = 0;
#if defined(__linux__)
  std::int64_t all = 0;
  if (!kSanitized) std::ifstream("/proc/self/statm") >> all >> present;
  present *= sysconf(_SC_PAGESIZE);
#endif
  return present;
}

inline tg::Tensor megabytes(std::int64_t count) {
  return tg::ones({count * kMegabyte / 4}, tg::float32);
}

/// False under the address sanitizer, where every block goes back at once.
inline bool caches() {
  megabytes(1);
  return tg::memory_stats().cached_bytes > 0;
}

/// The same of large blocks, for which the thread sanitizer may leave no range of addresses.
inline bool caches_large() {
  megabytes(1);
  return tg::detail::large_stats().cached > 0;
}

/// Bytes in use and kept.
inline std::int64_t held() {
  const tg::MemoryStats stats = tg::memory_stats();
  return stats.live_bytes + stats.cached_bytes;
}

}  // namespace memory
