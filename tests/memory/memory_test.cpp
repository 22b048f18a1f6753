// What memory_stats() says, and that empty_cache() gives memory back.

#include "autograd/memory/memory.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"

#if defined(__linux__)
#include <unistd.h>
#endif

namespace tg = tapegrad;

namespace {

constexpr std::int64_t kMegabyte = 1 << 20;

tg::Tensor megabytes(std::int64_t count) { return tg::ones({count * kMegabyte / 4}, tg::float32); }

/// Memory behind this process's addresses in bytes, 0 where that is not known.
std::int64_t resident() {
#if defined(__linux__)
  std::int64_t all = 0, present = 0;
  std::ifstream("/proc/self/statm") >> all >> present;
  return present * sysconf(_SC_PAGESIZE);
#else
  return 0;
#endif
}

/// False under the address sanitizer, where every block goes back at once.
bool caches() {
  megabytes(1);
  return tg::memory_stats().cached_bytes > 0;
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TAPEGRAD_THREAD_SANITIZER
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(TAPEGRAD_THREAD_SANITIZER)
constexpr bool kThreadSanitizer = true;
#else
constexpr bool kThreadSanitizer = false;
#endif

}  // namespace

TEST_CASE("the bytes of tensors are counted while they live") {
  const tg::MemoryStats before = tg::memory_stats();
  {
    const tg::Tensor small = tg::ones({10}), large = megabytes(8);
    const tg::MemoryStats during = tg::memory_stats();
    CHECK(during.live_tensors == before.live_tensors + 2);
    CHECK(during.live_bytes - before.live_bytes >= 8 * kMegabyte + 40);
    CHECK(during.live_bytes - before.live_bytes <= 9 * kMegabyte + 400);
  }
  const tg::MemoryStats after = tg::memory_stats();
  CHECK(after.live_tensors == before.live_tensors);
  CHECK(after.live_bytes == before.live_bytes);
}

TEST_CASE("empty_cache gives back what is free and keeps what is used") {
  const tg::Tensor kept = megabytes(8);
  if (!caches()) return;
  { const tg::Tensor small = tg::ones({10}), large = megabytes(64); }
  const std::int64_t cached = tg::memory_stats().cached_bytes, before = resident();
  CHECK(cached >= 64 * kMegabyte);
  tg::empty_cache();
  CHECK(tg::memory_stats().cached_bytes < kMegabyte);
  if (before > 0) CHECK(before - resident() >= 60 * kMegabyte);
  CHECK(kept.sum().item() == 8.0 * kMegabyte / 4);
}

TEST_CASE("empty_cache gives back the rest of a block that was partly taken again") {
  // The thread sanitizer may leave no room for the heap of large blocks; they are taken whole then.
  if (!caches() || kThreadSanitizer) return;
  tg::Tensor first = megabytes(64), second = megabytes(64);
  first = {};
  tg::empty_cache();
  second = {};
  // The first half has no memory any more, the second has; a new block takes the first, and more
  // of the addresses than had memory.
  const tg::Tensor again = megabytes(66);
  const std::int64_t before = resident();
  tg::empty_cache();
  if (before > 0) CHECK(before - resident() >= 60 * kMegabyte);
}

TEST_CASE("thousands of holes in memory are filled and closed again") {
  const std::int64_t before = tg::memory_stats().live_bytes;
  {
    std::vector<tg::Tensor> tensors;
    for (int i = 0; i < 4000; ++i) tensors.push_back(tg::full({4096}, i, tg::float32));
    for (std::size_t i = 0; i < tensors.size(); i += 2) tensors[i] = {};
    for (std::size_t i = 0; i < tensors.size(); i += 4)
      tensors[i] = tg::full({i % 8 == 0 ? 4096 : 20000}, static_cast<std::int64_t>(i), tg::float32);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (i % 4 == 2) continue;
      const auto data = tensors[i].data<float>();
      const bool kept = std::ranges::all_of(
          data, [i](float element) { return element == static_cast<float>(i); });
      if (!kept) FAIL_CHECK("tensor " << i << " was overwritten");
    }
  }
  CHECK(tg::memory_stats().live_bytes == before);
}
