#pragma once

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
  std::int64_t
      cached_bytes;  ///< bytes kept for reuse: large blocks for all, small ones by this thread
  std::int64_t system_calls;  ///< how often memory was asked from the system, ever
};

/// Counts over all threads. Exact when no other thread is computing.
MemoryStats memory_stats() noexcept;

/// Values that are alive, over all threads; 0 when a program holds no tensor and no graph.
std::int64_t live_tensors() noexcept;

/// Records that are on the tape, over all threads.
std::int64_t live_records() noexcept;

/// Gives back to the system what the calling thread has cached, and large free blocks.
void empty_cache() noexcept;

/// @}

}  // namespace tapegrad
