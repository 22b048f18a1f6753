#pragma once

#include <cstdint>

#include "autograd/base/cxx20.h"
#include "autograd/base/threads/tls_model.h"

// Internal: the state of the tape that each thread has. In a header so that asking for it costs two
// instructions.

namespace tapegrad::detail {

struct Record;
class Watcher;

struct ThreadTape {
  bool recording = true;
  bool releasing = false;        // a record is being destroyed
  std::uint64_t sequence = 0;    // of the last record made here
  const char* scope = nullptr;   // the path of open scopes
  Record* to_release = nullptr;  // chained through `next_to_release`
  Watcher* watcher = nullptr;    // the innermost that watches this thread, see door.h
};

extern thread_local constinit ThreadTape thread_tape TAPEGRAD_TLS_MODEL;

/// True while somebody watches what this thread computes.
[[gnu::always_inline]] inline bool watched() noexcept { return thread_tape.watcher != nullptr; }

}  // namespace tapegrad::detail
