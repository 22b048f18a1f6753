#include "autograd/base/threads/thread_tape.h"

#include "autograd/base/fail.h"

namespace tapegrad {

thread_local constinit detail::ThreadTape detail::thread_tape;

const char* current_scope() noexcept { return detail::thread_tape.scope; }

}  // namespace tapegrad
