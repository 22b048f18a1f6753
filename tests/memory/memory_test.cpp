// What memory_stats() says, and that empty_cache() and set_cache_limit() give memory back.

#include "autograd/memory/memory.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/catch.h"
#include "tests/memory/memory.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
using memory::caches;
using memory::caches_large;
using memory::kMegabyte;
using memory::megabytes;
using memory::resident;

namespace {

/// Many small values, which are gone again.
void pass_through(std::int64_t bytes) {
  std::vector<tg::Tensor> values;
  for (std::int64_t i = 0; i < bytes / 1024; ++i) values.push_back(tg::zeros({240}, tg::float32));
}

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
  if (!caches_large()) return;
  { const tg::Tensor small = tg::ones({10}), large = megabytes(64); }
  const std::int64_t cached = tg::memory_stats().cached_bytes, before = resident();
  CHECK(cached >= 64 * kMegabyte);
  tg::empty_cache();
  CHECK(tg::memory_stats().cached_bytes < kMegabyte);
  if (before > 0) CHECK(before - resident() >= 60 * kMegabyte);
  CHECK(kept.sum().item() == 8.0 * kMegabyte / 4);
}

TEST_CASE("empty_cache gives back the rest of a block that was partly taken again") {
  if (!caches_large()) return;
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

TEST_CASE("empty_cache gives back the memory of small values") {
  if (!caches()) return;
  const tg::Tensor kept = tg::full({200}, 3, tg::float32);
  tg::empty_cache();
  const std::int64_t before = resident();
  pass_through(600 * kMegabyte);
  CHECK(tg::memory_stats().cached_bytes >= 500 * kMegabyte);
  tg::empty_cache();
  CHECK(tg::memory_stats().cached_bytes < 2 * kMegabyte);
  if (before > 0) CHECK(resident() - before <= 8 * kMegabyte);
  CHECK(kept.sum().item() == 600);
}

TEST_CASE("set_cache_limit caps what is kept of small values and of large ones") {
  if (!caches_large()) return;
  tg::empty_cache();
  // What a thread works in does not count.
  const std::int64_t beside = tg::memory_stats().cached_bytes + kMegabyte;
  megabytes(64);
  pass_through(64 * kMegabyte);
  CHECK(tg::memory_stats().cached_bytes >= 120 * kMegabyte);

  const std::int64_t before = tg::set_cache_limit(80 * kMegabyte);
  CHECK(before == 1024 * kMegabyte);
  CHECK(tg::memory_stats().cached_bytes <= 80 * kMegabyte + beside);

  CHECK(tg::set_cache_limit(8 * kMegabyte) == 80 * kMegabyte);
  CHECK(tg::memory_stats().cached_bytes <= 8 * kMegabyte + beside);
  pass_through(64 * kMegabyte);
  CHECK(tg::memory_stats().cached_bytes <= 8 * kMegabyte + beside);
  megabytes(64);
  CHECK(tg::memory_stats().cached_bytes <= 8 * kMegabyte + beside);

  tg::set_cache_limit(0);
  CHECK(tg::memory_stats().cached_bytes <= beside);
  CHECK(tg::set_cache_limit(before) == 0);
}

TEST_CASE("a negative limit of what is kept is refused") {
  CHECK(message_of<tg::ValueError>([] { tg::set_cache_limit(-1); }) ==
        "set_cache_limit: -1 bytes; a limit is 0 or more");
  const std::int64_t limit = tg::set_cache_limit(0);
  CHECK(tg::set_cache_limit(limit) == 0);
  CHECK(limit == 1024 * kMegabyte);
}
