#pragma once

#include "autograd/tape/record.h"

// Internal: outputs that keep their gradient, by `retain_grad()`. So few that they are listed
// beside the tape, not in every record.

namespace tapegrad::detail {

/// Has the output of `record` keep its gradient; once is enough. Errors: `std::bad_alloc`.
void retain_output(Record& record, Impl* output);
/// The output that keeps its gradient, or nullptr.
Impl* retained_output(const Record& record) noexcept;
/// What `from` retains is retained by `to`, an output's new record, or no longer where that is
/// nullptr.
void move_retained(Record& from, Record* to) noexcept;

}  // namespace tapegrad::detail
