#pragma once

#include <mutex>

#include "autograd/base/count.h"

namespace tapegrad::detail {

/// Holds `mutex` where the process has more than one thread.
inline std::unique_lock<std::mutex> lock_among_threads(std::mutex& mutex) {
  return single_threaded() ? std::unique_lock<std::mutex>() : std::unique_lock(mutex);
}

}  // namespace tapegrad::detail
