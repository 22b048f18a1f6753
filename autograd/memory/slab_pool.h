#pragma once

#include <cstddef>
#include <cstdint>

#include "autograd/memory/cache_limit.h"

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

/// In use are slabs that are with heaps.
KeptStats slab_stats() noexcept;

}  // namespace tapegrad::detail
