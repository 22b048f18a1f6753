#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "autograd/base/cxx20.h"

// Internal: where the program is, for messages that say it (tape/trace.h). Nothing of it runs
// unless somebody asked to be told.

namespace tapegrad::detail {

/// The functions that this thread is in, the innermost first: the address in each to which the next
/// one returns. As many as there is room for, and how many that is.
std::size_t take_stack(std::span<void*> places) noexcept;

/// What of that is the program's own, as lines of a message: at most five functions, and the
/// command that tells file and line of each. Empty where nothing is known.
std::string stack_text(std::span<void* const> places);

}  // namespace tapegrad::detail
