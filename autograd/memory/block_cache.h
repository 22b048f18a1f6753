#pragma once

#include <cstddef>
#include <cstdint>

#include "autograd/base/threads/tls_model.h"
#include "autograd/memory/slab.h"

// Internal: where values and records get their memory.
//
// A block of up to 1 KB, which nearly every value and record of a long tape is, is cut from a slab
// (slab.h): 64 KB of blocks of one size. A thread takes blocks from its current slab of that size:
// first what was given back, the last one first, else the next one in order. When that slab is used
// up, another one follows that is new or, if it was used, sorted by address (heap.cpp), and free
// slabs are handed out from the lowest address on (slab_pool.h). So the blocks of a tape follow
// each other in memory, in the tenth training step as in the first. Such a tape streams through the
// cache, where one that is scattered waits for each line.
//
// The slabs of a thread belong to its heap (heap.h). The thread alone takes from them and gives
// back to them, without a lock. A block that another thread releases goes into the heap's inbox,
// and the heap's thread takes it from there when it needs memory. Heaps outlive their threads: one
// whose thread has ended waits for the next new thread.
//
// Blocks of up to 64 KB come from slabs of 1 MB where the heap of large blocks (large_heap.h),
// which serves 8 KB and more, takes them not. What is left comes from the system one by one
// (system_block.h), and so does every block under the address sanitizer, of a thread whose objects
// are destroyed, and of a test that decides itself which allocation fails (block_source.h).
//
// In this header is what is compiled into its callers: the way of a block that is at hand.

namespace tapegrad::detail {

/// What a block is for; each kind is counted.
enum class BlockKind : std::uint8_t { tensor, record };

/// In the place of a current slab where there is none: nothing is free, nothing is left.
extern constinit Slab no_slab;

/// The part of a heap that its thread needs most.
struct BlockHeap {
  Slab* current[SizeClasses::kClasses];
  /// Blocks in use by `BlockKind` and class, less those that other threads made: negative where
  /// this thread only released. The last column is of blocks that are in no slab.
  OwnedCount<std::int64_t> live[2][SizeClasses::kClasses + 1];

  constexpr BlockHeap() noexcept : current{} {
    for (Slab*& slab : current) slab = &no_slab;
  }
};

/// For threads that have no heap: it never has a block, and all threads count in it.
extern constinit BlockHeap no_heap;
extern thread_local constinit BlockHeap* this_heap TAPEGRAD_TLS_MODEL;

/// A block of class `size_class` from the current slab, or nullptr.
[[gnu::always_inline]] inline void* kept_block(std::size_t size_class, BlockKind kind) noexcept {
  BlockHeap& heap = *this_heap;
  Slab& slab = *heap.current[size_class];
  void* block = slab.free;
  if (block) {
    slab.free = slab.free->next;
  } else {
    if (slab.bump == slab.end) [[unlikely]]
      return nullptr;
    block = slab.bump;
    slab.bump += slab.block_bytes;
  }
  slab.live.add(1);
  heap.live[static_cast<int>(kind)][size_class].add(1);
  return block;
}

/// A block of at least `bytes` bytes, if that is small and there is one at hand, else nullptr. It
/// calls nothing: a function that leaves all else to another one has no registers to save here.
/// `size_class` receives what `release_block` wants back.
[[gnu::always_inline]] inline void* acquire_kept_block(std::size_t bytes, std::uint8_t& size_class,
                                                       BlockKind kind) noexcept {
  if (bytes > SizeClasses::kSmall) return nullptr;
  const std::size_t wanted = SizeClasses::of_small(bytes);
  size_class = static_cast<std::uint8_t>(wanted);
  return kept_block(wanted, kind);
}

/// One of any size, from wherever there is one.
void* acquire_other_block(std::size_t bytes, std::uint8_t& size_class, BlockKind kind);

/// A block of at least `bytes` bytes: 64-byte aligned, or 8-byte aligned up to 256 bytes. When the
/// system has no memory it throws `OutOfMemoryError` for a record, and `std::bad_alloc` for a
/// tensor, whose shape the caller knows.
inline void* acquire_block(std::size_t bytes, std::uint8_t& size_class, BlockKind kind) {
  if (void* block = acquire_kept_block(bytes, size_class, kind)) return block;
  return acquire_other_block(bytes, size_class, kind);
}

/// Releases a block that is not in a small slab.
void release_other_block(void* block, std::uint8_t size_class, BlockKind kind) noexcept;
/// Releases a block of a slab that belongs to another heap than this thread's.
void return_block(void* block, Slab& slab, BlockKind kind) noexcept;
/// To be called when the blocks in use of a slab of this thread have fallen to its trigger.
void slab_drained(Slab& slab) noexcept;

[[gnu::always_inline]] inline void release_to_slab(void* pointer, Slab& slab,
                                                   std::uint8_t size_class,
                                                   BlockKind kind) noexcept {
  BlockHeap& heap = *this_heap;
  if (slab.owner != &heap) [[unlikely]]
    return return_block(pointer, slab, kind);
  heap.live[static_cast<int>(kind)][size_class].add(-1);
  auto* block = static_cast<Slab::Free*>(pointer);
  block->next = slab.free;
  slab.free = block;
  // Once the count has fallen another thread may take the slab away, so it is the last to change,
  // and what it is compared with is read before (see `Heap::collect`).
  const std::uint32_t trigger = slab.trigger;
  if (slab.live.add(static_cast<std::uint32_t>(-1), std::memory_order_release) == trigger)
      [[unlikely]]
    slab_drained(slab);
}

inline void release_block(void* pointer, std::uint8_t size_class, BlockKind kind) noexcept {
  if (size_class >= SizeClasses::kSmallClasses)
    return release_other_block(pointer, size_class, kind);
  release_to_slab(pointer, Slab::of(pointer, false), size_class, kind);
}

}  // namespace tapegrad::detail
