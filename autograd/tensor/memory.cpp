#include "autograd/tensor/memory.h"

#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "autograd/tensor/fail.h"

namespace tapegrad {

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

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kStep = 128;    // classes up to kSmall are multiples of this
constexpr std::size_t kSmall = 1024;  // above, four classes for each doubling
constexpr int kSmallClasses = kSmall / kStep;
constexpr int kClasses = kSmallClasses + 4 * 38;
constexpr std::int64_t kCacheLimit = std::int64_t{512} << 20;  // bytes kept per thread

int class_of(std::size_t bytes) {
  if (bytes <= kSmall) return bytes == 0 ? 0 : static_cast<int>((bytes - 1) / kStep);
  const int doubling = std::bit_width(bytes - 1) - 1;  // bytes is in (2^doubling, 2^(doubling+1)]
  const auto quarter = static_cast<int>((bytes - 1) >> (doubling - 2)) - 4;
  return kSmallClasses + 4 * (doubling - 10) + quarter;
}

std::size_t class_bytes(int size_class) {
  if (size_class < kSmallClasses) return kStep * static_cast<std::size_t>(size_class + 1);
  const int above = size_class - kSmallClasses;
  return static_cast<std::size_t>(5 + above % 4) << (above / 4 + 8);
}

struct FreeBlock {
  FreeBlock* next;
};

/// A number that one thread writes and others may read: no read-modify-write cycle is needed.
struct OwnedCount {
  std::atomic<std::int64_t> value{0};
  void add(std::int64_t change) noexcept {
    value.store(value.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
  std::int64_t get() const noexcept { return value.load(std::memory_order_relaxed); }
};

struct Counts {
  OwnedCount tensors, records, bytes, system_calls;
};

/// What a thread owns. Trivially destructible, so that tensors destroyed after the thread's other
/// objects still find it; `Closer` empties it and marks it closed.
struct ThreadCache {
  FreeBlock* free[kClasses] = {};
  std::int64_t cached_bytes = 0;
  Counts counts;
  bool registered = false;
  bool closed = false;
};

thread_local constinit ThreadCache cache;

struct Registry {
  std::mutex mutex;
  std::vector<ThreadCache*> threads;
  // Counts of ended threads, and of what static destructors do after them.
  std::atomic<std::int64_t> tensors{0}, records{0}, bytes{0}, system_calls{0};
};

// Never destroyed: static tensors may be released after every other static.
Registry& registry() {
  static Registry* instance = new Registry;
  return *instance;
}

void free_cached(ThreadCache& thread) noexcept {
  for (FreeBlock*& head : thread.free) {
    while (head) std::free(std::exchange(head, head->next));
  }
  thread.cached_bytes = 0;
}

struct Closer {
  ~Closer() {
    Registry& all = registry();
    std::lock_guard lock(all.mutex);
    free_cached(cache);
    cache.closed = true;
    all.tensors += cache.counts.tensors.get();
    all.records += cache.counts.records.get();
    all.bytes += cache.counts.bytes.get();
    all.system_calls += cache.counts.system_calls.get();
    std::erase(all.threads, &cache);
  }
};

[[gnu::noinline]] void register_thread() {
  thread_local Closer closer;
  Registry& all = registry();
  std::lock_guard lock(all.mutex);
  all.threads.push_back(&cache);
  cache.registered = true;
}

template <OwnedCount Counts::*Own, std::atomic<std::int64_t> Registry::*Shared>
void count(std::int64_t change) noexcept {
  if (cache.closed) [[unlikely]] {
    (registry().*Shared) += change;
  } else {
    (cache.counts.*Own).add(change);
  }
}

constexpr auto count_bytes = count<&Counts::bytes, &Registry::bytes>;

}  // namespace

namespace detail {

void count_tensor(int change) noexcept { count<&Counts::tensors, &Registry::tensors>(change); }
void count_record(int change) noexcept { count<&Counts::records, &Registry::records>(change); }

void* acquire_block(std::size_t bytes, std::uint8_t& size_class) {
  const int wanted = class_of(bytes);
  if (wanted >= kClasses) fail<Error>("cannot allocate {} bytes: no such memory", bytes);
  size_class = static_cast<std::uint8_t>(wanted);
  const std::size_t size = class_bytes(wanted);
  if (FreeBlock* block = cache.free[wanted]) {
    cache.free[wanted] = block->next;
    cache.cached_bytes -= static_cast<std::int64_t>(size);
    count_bytes(static_cast<std::int64_t>(size));
    return block;
  }
  if (!cache.registered && !cache.closed) register_thread();
  void* block = std::aligned_alloc(kAlignment, size);
  if (!block && cache.cached_bytes > 0) {
    free_cached(cache);
    block = std::aligned_alloc(kAlignment, size);
  }
  if (!block) fail<Error>("out of memory: the system refused {} bytes", size);
  count_bytes(static_cast<std::int64_t>(size));
  count<&Counts::system_calls, &Registry::system_calls>(1);
  return block;
}

void release_block(void* pointer, std::uint8_t size_class) noexcept {
  // A thread that only releases what others made has counts too, and a cache to give back at its
  // end.
  if (!cache.registered && !cache.closed) [[unlikely]]
    register_thread();
  const auto size = static_cast<std::int64_t>(class_bytes(size_class));
  count_bytes(-size);
  if (!kCaching || cache.closed || cache.cached_bytes + size > kCacheLimit) {
    std::free(pointer);
    return;
  }
  auto* block = static_cast<FreeBlock*>(pointer);
  block->next = cache.free[size_class];
  cache.free[size_class] = block;
  cache.cached_bytes += size;
}

}  // namespace detail

MemoryStats memory_stats() noexcept {
  Registry& all = registry();
  std::lock_guard lock(all.mutex);
  MemoryStats stats{all.tensors, all.records, all.bytes, cache.cached_bytes, all.system_calls};
  for (const ThreadCache* thread : all.threads) {
    stats.live_tensors += thread->counts.tensors.get();
    stats.live_records += thread->counts.records.get();
    stats.live_bytes += thread->counts.bytes.get();
    stats.system_calls += thread->counts.system_calls.get();
  }
  return stats;
}

std::int64_t live_tensors() noexcept { return memory_stats().live_tensors; }
std::int64_t live_records() noexcept { return memory_stats().live_records; }

void empty_cache() noexcept { free_cached(cache); }

}  // namespace tapegrad
