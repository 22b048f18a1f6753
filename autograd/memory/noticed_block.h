#pragma once

#include <atomic>
#include <cstdint>

#include "autograd/memory/slab.h"

// Internal: blocks of which somebody wants to know when they are released. Whoever does puts
// `SizeClasses::kNoticed` in the place of the block's class and remembers that: so all other blocks
// cost nothing.

namespace tapegrad::detail {

/// Called with such a block, whose object is destroyed; returns the class that it had. Set by the
/// one who notices blocks, before there is any.
extern constinit std::atomic<std::uint8_t (*)(const void*) noexcept> noticed_block_goes;

}  // namespace tapegrad::detail
