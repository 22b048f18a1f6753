#pragma once

#include <cstdint>

#include "autograd/kernels/cxx20.h"

// Internal: the state of the tape that each thread has. In a header so that asking for it costs one
// instruction.

namespace tapegrad::detail {

struct Record;

struct ThreadTape {
  bool recording = true;
  bool releasing = false;        // a record is being destroyed
  std::uint64_t sequence = 0;    // of the last record made here
  const char* scope = nullptr;   // the path of open scopes
  Record* to_release = nullptr;  // chained through `notes.walk`
};

extern thread_local constinit ThreadTape thread_tape;

}  // namespace tapegrad::detail
