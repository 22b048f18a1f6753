#pragma once

#include <cstddef>
#include <cstdint>

#include "autograd/memory/block_source.h"

#if defined(__SANITIZE_ADDRESS__)
#define TAPEGRAD_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TAPEGRAD_ADDRESS_SANITIZER
#endif
#endif

// Internal: blocks that come one by one, from the system or from a test's source. See
// block_cache.h for the whole.

namespace tapegrad::detail {

/// A 64-byte aligned block from `source`, or from the system if that is nullptr, or nullptr where
/// there is none.
void* acquire_system_block(std::size_t bytes, BlockSource* source) noexcept;
/// Gives it back to where it came from.
void release_system_block(void* block) noexcept;

/// Bytes in use, over all threads; how often one was asked for.
struct SystemStats {
  std::int64_t used, system_calls;
};
SystemStats system_stats() noexcept;

}  // namespace tapegrad::detail
