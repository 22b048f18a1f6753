#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

// Internal: where values and records get their memory. Each thread keeps the blocks that it gave
// back in lists by size, so that a steady training step asks the system for nothing.

namespace tapegrad::detail {

/// Sizes of blocks: up to `kSmall` multiples of `kStep`, above eight for each doubling.
struct SizeClasses {
  static constexpr std::size_t kStep = 128;
  static constexpr std::size_t kSmall = 1024;
  static constexpr int kSmallClasses = kSmall / kStep;
  static constexpr int kClasses = kSmallClasses + 8 * 30;
  static constexpr int kLarge = 255;  ///< a block of the heap in large_heap.h

  /// The smallest class of at least `bytes` bytes, more than none.
  static int of(std::size_t bytes) noexcept {
    if (bytes <= kSmall) return static_cast<int>((bytes - 1) / kStep);
    // bytes is in (2^doubling, 2^(doubling+1)]
    const int doubling = std::bit_width(bytes - 1) - 1;
    const auto eighth = static_cast<int>((bytes - 1) >> (doubling - 3)) - 8;
    return kSmallClasses + 8 * (doubling - 10) + eighth;
  }
  static std::size_t bytes(int size_class) noexcept {
    if (size_class < kSmallClasses) return kStep * static_cast<std::size_t>(size_class + 1);
    const int above = size_class - kSmallClasses;
    return static_cast<std::size_t>(9 + above % 8) << (above / 8 + 7);
  }
};

/// A number that one thread writes and others may read: no read-modify-write cycle is needed.
class OwnedCount {
 public:
  void add(std::int64_t change) noexcept {
    value_.store(get() + change, std::memory_order_relaxed);
  }
  std::int64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// What a block is for; each kind is counted.
enum class BlockKind : std::uint8_t { tensor, record };

/// The blocks of one thread. Trivially destructible, so that tensors destroyed after the thread's
/// other objects still find it.
struct BlockCache {
  struct Free {
    Free* next;
  };
  Free* free[SizeClasses::kClasses] = {};
  OwnedCount live[2];       ///< by `BlockKind`; negative where other threads made what this freed
  OwnedCount cached_bytes;  ///< in `free`; large blocks have counts of their own
  OwnedCount system_bytes;  ///< taken from the system, less what was given back
  OwnedCount system_calls;
  std::int64_t limit = 0;  ///< of `cached_bytes`; 0 until the thread is known, and once it ended
};
extern thread_local constinit BlockCache block_cache;

void block_to_system(void* block, int size_class, BlockKind kind) noexcept;

/// A kept block of class `size_class`, which has `bytes` bytes, or nullptr.
[[gnu::always_inline]] inline void* kept_block(int size_class, std::size_t bytes,
                                               BlockKind kind) noexcept {
  BlockCache& cache = block_cache;
  BlockCache::Free* block = cache.free[size_class];
  if (!block) [[unlikely]]
    return nullptr;
  cache.free[size_class] = block->next;
  cache.cached_bytes.add(-static_cast<std::int64_t>(bytes));
  cache.live[static_cast<int>(kind)].add(1);
  return block;
}

/// A block of at least `bytes` bytes, if that is small and a kept one is there, else nullptr. It
/// calls nothing: a function that leaves all else to another one has no registers to save here.
/// `size_class` receives what `release_block` wants back.
[[gnu::always_inline]] inline void* acquire_kept_block(std::size_t bytes, std::uint8_t& size_class,
                                                       BlockKind kind) noexcept {
  if (bytes > SizeClasses::kSmall) return nullptr;
  const std::size_t wanted = (bytes - 1) / SizeClasses::kStep;
  size_class = static_cast<std::uint8_t>(wanted);
  return kept_block(static_cast<int>(wanted), (wanted + 1) * SizeClasses::kStep, kind);
}

/// One of any size, from wherever there is one.
void* acquire_other_block(std::size_t bytes, std::uint8_t& size_class, BlockKind kind);

/// A block of at least `bytes` bytes, 64-byte aligned. When the system has no memory it throws
/// `OutOfMemoryError` for a record, and `std::bad_alloc` for a tensor, whose shape the caller
/// knows.
inline void* acquire_block(std::size_t bytes, std::uint8_t& size_class, BlockKind kind) {
  if (void* block = acquire_kept_block(bytes, size_class, kind)) return block;
  return acquire_other_block(bytes, size_class, kind);
}

void release_other_block(void* block, std::uint8_t size_class, BlockKind kind) noexcept;

/// Keeps a block of `bytes` bytes for reuse, or gives it back where that is too much.
inline void keep_block(void* pointer, std::uint8_t size_class, std::size_t bytes,
                       BlockKind kind) noexcept {
  BlockCache& cache = block_cache;
  const auto size = static_cast<std::int64_t>(bytes);
  if (cache.cached_bytes.get() + size > cache.limit) [[unlikely]]
    return block_to_system(pointer, size_class, kind);
  auto* block = static_cast<BlockCache::Free*>(pointer);
  block->next = cache.free[size_class];
  cache.free[size_class] = block;
  cache.cached_bytes.add(size);
  cache.live[static_cast<int>(kind)].add(-1);
}

inline void release_block(void* pointer, std::uint8_t size_class, BlockKind kind) noexcept {
  if (size_class >= SizeClasses::kSmallClasses)
    return release_other_block(pointer, size_class, kind);
  keep_block(pointer, size_class, SizeClasses::kStep * (std::size_t{size_class} + 1), kind);
}

}  // namespace tapegrad::detail
