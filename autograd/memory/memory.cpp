#include "autograd/memory/memory.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/memory/block_cache.h"
#include "autograd/memory/large_heap.h"

namespace tapegrad {

namespace detail {

thread_local constinit BlockCache block_cache;

namespace {

// Under AddressSanitizer every block goes back to the system, so that a use after free is seen.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCaching = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kCaching = false;
#else
constexpr bool kCaching = true;
#endif
#else
constexpr bool kCaching = true;
#endif

constexpr std::size_t kBlockAlignment = 64;
constexpr std::int64_t kCacheLimit = kCaching ? std::int64_t{512} << 20 : 0;  // bytes per thread

/// Counts over threads.
struct Totals {
  std::int64_t live[2] = {};
  std::int64_t cached_bytes = 0, system_bytes = 0, system_calls = 0;

  void add(const BlockCache& cache) noexcept {
    for (int kind = 0; kind < 2; ++kind) live[kind] += cache.live[kind].get();
    cached_bytes += cache.cached_bytes.get();
    system_bytes += cache.system_bytes.get();
    system_calls += cache.system_calls.get();
  }
};

struct Registry {
  std::mutex mutex;
  std::vector<BlockCache*> threads;
  Totals ended;  // counts of ended threads, and of what static destructors do after them
};

// Never destroyed: static tensors may be released after every other static.
Registry& registry() {
  static Registry* instance = new Registry;
  return *instance;
}

void free_cached(BlockCache& cache) noexcept {
  for (BlockCache::Free*& head : cache.free) {
    while (head) std::free(std::exchange(head, head->next));
  }
  cache.system_bytes.add(-cache.cached_bytes.get());
  cache.cached_bytes.add(-cache.cached_bytes.get());
}

enum class Life { unknown, known, ended };
thread_local constinit Life life = Life::unknown;

struct Closer {
  ~Closer() {
    Registry& all = registry();
    const std::lock_guard lock(all.mutex);
    free_cached(block_cache);
    block_cache.limit = 0;
    life = Life::ended;
    all.ended.add(block_cache);
    std::erase(all.threads, &block_cache);
  }
};

[[gnu::noinline]] void register_thread() {
  thread_local Closer closer;
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  all.threads.push_back(&block_cache);
  block_cache.limit = kCacheLimit;
  life = Life::known;
}

/// Counts a block that came from the system, or from the heap of large ones (`sign` 1), or went
/// there (-1).
void count(int size_class, BlockKind kind, std::int64_t sign) noexcept {
  const bool large = size_class == SizeClasses::kLarge;
  const auto bytes = large ? 0 : sign * static_cast<std::int64_t>(SizeClasses::bytes(size_class));
  const bool asked = sign > 0 && !large;
  if (life != Life::ended) {
    block_cache.live[static_cast<int>(kind)].add(sign);
    block_cache.system_bytes.add(bytes);
    block_cache.system_calls.add(asked);
    return;
  }
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  all.ended.live[static_cast<int>(kind)] += sign;
  all.ended.system_bytes += bytes;
  all.ended.system_calls += asked;
}

void* block_from_system(int size_class, BlockKind kind) {
  if (life == Life::unknown) register_thread();
  const std::size_t size = SizeClasses::bytes(size_class);
  void* block = std::aligned_alloc(kBlockAlignment, size);
  if (!block) {
    empty_cache();
    block = std::aligned_alloc(kBlockAlignment, size);
  }
  if (!block && kind == BlockKind::record)
    fail<OutOfMemoryError>("the tape: the system refused the {} bytes of a record", size);
  if (!block) throw std::bad_alloc();
  count(size_class, kind, 1);
  return block;
}

}  // namespace

void* acquire_other_block(std::size_t bytes, std::uint8_t& size_class, BlockKind kind) {
  if (kCaching && bytes >= kLargeBlock) {
    if (life == Life::unknown) register_thread();
    if (void* block = acquire_large(bytes)) {
      size_class = SizeClasses::kLarge;
      count(SizeClasses::kLarge, kind, 1);
      return block;
    }
  }
  const int wanted = SizeClasses::of(bytes);
  if (wanted >= SizeClasses::kClasses) throw std::bad_alloc();  // of 2^40 bytes and more
  size_class = static_cast<std::uint8_t>(wanted);
  if (void* block = kept_block(wanted, SizeClasses::bytes(wanted), kind)) return block;
  return block_from_system(wanted, kind);
}

void release_other_block(void* block, std::uint8_t size_class, BlockKind kind) noexcept {
  if (size_class != SizeClasses::kLarge)
    return keep_block(block, size_class, SizeClasses::bytes(size_class), kind);
  if (life == Life::unknown) register_thread();
  release_large(block);
  count(SizeClasses::kLarge, kind, -1);
}

void block_to_system(void* block, int size_class, BlockKind kind) noexcept {
  // A thread that only releases what others made has counts too, and a cache to give back at its
  // end.
  if (life == Life::unknown) {
    register_thread();
    if (kCaching) return release_block(block, static_cast<std::uint8_t>(size_class), kind);
  }
  std::free(block);
  count(size_class, kind, -1);
}

}  // namespace detail

MemoryStats memory_stats() noexcept {
  detail::Registry& all = detail::registry();
  const std::lock_guard lock(all.mutex);
  detail::Totals totals = all.ended;
  for (const detail::BlockCache* thread : all.threads) totals.add(*thread);
  const detail::LargeStats large = detail::large_stats();
  return {.live_tensors = totals.live[0],
          .live_records = totals.live[1],
          .live_bytes = totals.system_bytes - totals.cached_bytes + large.used,
          .cached_bytes = detail::block_cache.cached_bytes.get() + large.cached,
          .system_calls = totals.system_calls + large.system_calls};
}

std::int64_t live_tensors() noexcept { return memory_stats().live_tensors; }
std::int64_t live_records() noexcept { return memory_stats().live_records; }

void empty_cache() noexcept {
  detail::free_cached(detail::block_cache);
  detail::trim_large();
}

}  // namespace tapegrad
