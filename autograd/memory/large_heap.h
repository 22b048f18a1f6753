#pragma once

#include <cstddef>
#include <cstdint>

#include "autograd/memory/cache_limit.h"

// Internal: memory for large values. They are few and of many sizes, so they come from one range of
// addresses in which free neighbours are joined: the activations of a step use the room that the
// gradients of the last one left.

namespace tapegrad::detail {

/// Blocks of fewer bytes are cut from slabs instead, see block_cache.h.
inline constexpr std::size_t kLargeBlock = std::size_t{8} << 10;

/// A 64-byte aligned block, or nullptr where the system gives no range of addresses or no memory,
/// or where a block is small for a heap in so many pieces. Any thread may call it, and release what
/// another one has acquired.
void* acquire_large(std::size_t bytes) noexcept;
/// Of a block that `acquire_large` gave.
void release_large(void* block) noexcept;
/// Gives free memory back to the system, the highest addresses first, until at most `limit` bytes
/// are kept for reuse, here and in the pool of slabs.
void trim_large(std::int64_t limit) noexcept;

KeptStats large_stats() noexcept;

}  // namespace tapegrad::detail
