#pragma once

#include <cstddef>
#include <cstdint>

// Internal: free slabs, for all threads. See block_cache.h for the whole.

namespace tapegrad::detail {

/// Room for a slab, 1 MB if `big`, else 64 KB, aligned as it is long: the free one of the lowest
/// address. Or nullptr, where the system has no memory. It is for the caller to write a header.
void* acquire_slab(bool big) noexcept;
/// Any thread may call it.
void release_slab(void* slab, bool big) noexcept;
/// Gives the memory of free slabs back to the system, the highest addresses first, until at most
/// `limit` bytes are kept for reuse, here and in the heap of large blocks.
void trim_slabs(std::int64_t limit) noexcept;

/// Bytes of slabs that are with heaps, and of free ones that have memory behind them; how often the
/// system was asked for more; the most bytes with heaps since `restart_slab_peak`.
struct SlabStats {
  std::int64_t used, cached, system_calls, peak;
};
SlabStats slab_stats() noexcept;
/// Has the peak begin again at what is with heaps.
void restart_slab_peak() noexcept;

}  // namespace tapegrad::detail
