#pragma once

/// @file
/// What the library holds at this moment, and what it keeps for reuse.
///
///     const auto before = tg::memory_stats();
///     tg::Tensor x = tg::zeros({1000, 1000});
///     fmt::print("{} bytes more\n", tg::memory_stats().live_bytes - before.live_bytes);
///     tg::empty_cache();

#include <cstdint>

#include "autograd/base/cxx20.h"

namespace tapegrad {

/// @addtogroup system
/// @{

/// What Tapegrad holds at this moment, over all threads.
struct MemoryStats {
  std::int64_t live_tensors;  ///< values (headers with or without data), saved ones included
  std::int64_t live_records;  ///< records on the tape
  std::int64_t live_bytes;    ///< bytes of blocks in use, headers included
  std::int64_t cached_bytes;  ///< bytes kept for reuse, by all threads and by what they share
  std::int64_t system_calls;  ///< how often memory was asked from the system, ever
};

/// Counts over all threads. Exact when no other thread is computing.
MemoryStats memory_stats() noexcept;

/// Values that are alive, over all threads; 0 when a program holds no tensor and no graph.
std::int64_t live_tensors() noexcept;

/// Records that are on the tape, over all threads.
std::int64_t live_records() noexcept;

/// Gives back to the system what is kept for reuse: all that the threads share, large blocks and
/// small ones, what the calling thread keeps for itself, and what was released elsewhere of the
/// memory of other threads, idle or ended ones too. What stays is memory that shares its 64 KB (or
/// 1 MB, above 1 KB a block) with a block in use, and what other threads have at hand: at most 16
/// pieces of 64 KB and two of 1 MB that are empty, for each thread.
void empty_cache() noexcept;

/// Caps the bytes that are kept for reuse by all threads together, and gives back at once what is
/// above. Returns the limit before; it is 1 GB at the start. What a thread has at hand, see
/// `empty_cache`, does not count. Errors: `ValueError` for a negative limit.
std::int64_t set_cache_limit(std::int64_t bytes);

/// @}

}  // namespace tapegrad
