#pragma once

#include <cstdint>

#include "autograd/base/cxx20.h"
#include "autograd/base/threads/tls_model.h"

// Internal: the state of the tape that each thread has. In a header so that asking for it costs two
// instructions.

namespace tapegrad::detail {

struct Record;

struct ThreadTape {
  bool recording = true;
  bool releasing = false;        // a record is being destroyed
  std::uint64_t sequence = 0;    // of the last record made here
  const char* scope = nullptr;   // the path of open scopes
  Record* to_release = nullptr;  // chained through `next_to_release`
  /// The address of the innermost `Watcher` (door.h) of this thread, 0 where nobody watches.
  std::uintptr_t watcher = kNobodyAsked;

  /// As every thread begins: the first time that the door is used, it asks who wants to watch.
  static constexpr std::uintptr_t kNobodyAsked = 1;
};

extern thread_local constinit ThreadTape thread_tape TAPEGRAD_TLS_MODEL;

/// True while somebody watches what this thread computes.
[[gnu::always_inline]] inline bool watched() noexcept { return thread_tape.watcher != 0; }

}  // namespace tapegrad::detail
