#include "autograd/memory/memory.h"

#include <mutex>
#include <new>

#include "autograd/base/fail.h"
#include "autograd/memory/cache_limit.h"
#include "autograd/memory/heap.h"
#include "autograd/memory/large_heap.h"
#include "autograd/memory/noticed_block.h"
#include "autograd/memory/slab_pool.h"
#include "autograd/memory/system_block.h"

namespace tapegrad {

namespace detail {

namespace {

// Under AddressSanitizer every block comes from the system, so that a use after free is seen.
#if defined(TAPEGRAD_ADDRESS_SANITIZER)
constexpr bool kCaching = false;
#else
constexpr bool kCaching = true;
#endif

/// Counts a block of a class, or, by `SizeClasses::kClasses`, one that is in no slab.
void count(int size_class, BlockKind kind, std::int64_t change) noexcept {
  OwnedCount<std::int64_t>& live = this_heap->live[static_cast<int>(kind)][size_class];
  if (this_heap == &no_heap)
    live.add_shared(change);
  else
    live.add(change);
}

void* block_from_system(std::size_t bytes, BlockKind kind) {
  BlockSource* source = block_thread.source;
  void* block = acquire_system_block(bytes, source);
  if (!block && !source) {
    empty_cache();
    block = acquire_system_block(bytes, source);
  }
  if (!block && kind == BlockKind::record)
    fail<OutOfMemoryError>("the tape: the system refused the {} bytes of a record", bytes);
  if (!block) throw std::bad_alloc();
  return block;
}

}  // namespace

void* acquire_other_block(std::size_t bytes, std::uint8_t& size_class, BlockKind kind) {
  if (kCaching && !block_thread.source) {
    if (block_thread.life == BlockThread::Life::unknown) enter_thread();
    if (bytes >= kLargeBlock) {
      if (void* block = acquire_large(bytes)) {
        size_class = SizeClasses::kLarge;
        count(SizeClasses::kClasses, kind, 1);
        return block;
      }
    }
    if (block_thread.heap && bytes <= SizeClasses::kMost) {
      const int wanted = SizeClasses::of(bytes);
      size_class = static_cast<std::uint8_t>(wanted);
      void* block = kept_block(size_class, kind);
      if (!block && block_thread.heap->refill(wanted)) block = kept_block(size_class, kind);
      if (block) return block;
    }
  }
  void* block = block_from_system(bytes, kind);
  size_class = SizeClasses::kSystem;
  count(SizeClasses::kClasses, kind, 1);
  return block;
}

constinit std::atomic<std::uint8_t (*)(const void*) noexcept> noticed_block_goes{nullptr};

void release_other_block(void* block, std::uint8_t size_class, BlockKind kind) noexcept {
  if (size_class == SizeClasses::kNoticed)
    return release_block(block, noticed_block_goes.load()(block), kind);
  if (size_class < SizeClasses::kSystem)
    return release_to_slab(block, Slab::of(block, true), size_class, kind);
  count(SizeClasses::kClasses, kind, -1);
  size_class == SizeClasses::kLarge ? release_large(block) : release_system_block(block);
}

void return_block(void* block, Slab& slab, BlockKind kind) noexcept {
  const int size_class = slab.size_class;
  count(size_class, kind, -1);
  static_cast<Heap*>(slab.owner)->give(block, SizeClasses::big(size_class));
}

void slab_drained(Slab& slab) noexcept { static_cast<Heap*>(this_heap)->drained(slab); }

void set_block_source(BlockSource* source) noexcept {
  block_thread.source = source;
  this_heap = block_thread.heap && !source ? block_thread.heap : &no_heap;
}

namespace {

/// Counts over threads.
struct Totals {
  std::int64_t live[2] = {}, slab_bytes = 0;

  void add(const BlockHeap& heap) noexcept {
    for (int kind = 0; kind < 2; ++kind) {
      for (int i = 0; i <= SizeClasses::kClasses; ++i) {
        const std::int64_t blocks = heap.live[kind][i].get();
        live[kind] += blocks;
        if (i < SizeClasses::kClasses)
          slab_bytes += blocks * static_cast<std::int64_t>(SizeClasses::bytes(i));
      }
    }
  }
};

}  // namespace

}  // namespace detail

MemoryStats memory_stats() noexcept {
  detail::HeapRegistry& heaps = detail::heap_registry();
  const std::lock_guard lock(heaps.mutex);
  detail::Totals totals;
  totals.add(detail::no_heap);
  for (const detail::Heap* heap = heaps.all; heap; heap = heap->next) totals.add(*heap);
  const detail::KeptStats slabs = detail::slab_stats();
  const detail::KeptStats large = detail::large_stats();
  const detail::SystemStats system = detail::system_stats();
  return {.live_tensors = totals.live[0],
          .live_records = totals.live[1],
          .live_bytes = totals.slab_bytes + large.used + system.used,
          .cached_bytes = slabs.used - totals.slab_bytes + slabs.cached + large.cached,
          .system_calls = slabs.system_calls + large.system_calls + system.system_calls};
}

std::int64_t live_tensors() noexcept { return memory_stats().live_tensors; }
std::int64_t live_records() noexcept { return memory_stats().live_records; }

void empty_cache() noexcept {
  if (detail::block_thread.heap) detail::block_thread.heap->give_back_empty();
  {
    detail::HeapRegistry& heaps = detail::heap_registry();
    const std::lock_guard lock(heaps.mutex);
    for (detail::Heap* heap = heaps.all; heap; heap = heap->next) heap->collect_all();
  }
  detail::trim_slabs(0);
  detail::trim_large(0);
}

std::int64_t set_cache_limit(std::int64_t bytes) {
  if (bytes < 0) fail<ValueError>("set_cache_limit: {} bytes; a limit is 0 or more", bytes);
  const std::int64_t before = detail::cache_limit.exchange(bytes);
  detail::trim_slabs(bytes);
  detail::trim_large(bytes);
  return before;
}

}  // namespace tapegrad
