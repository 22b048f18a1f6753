#pragma once

#include <memory>

#include "autograd/tape/hook_list.h"
#include "autograd/tape/record.h"

// Internal: outputs that keep their gradient, by `retain_grad()`, and those that have hooks. So few
// that they are listed beside the tape, not in every record: `Record::retains` says that there is
// something to look for.

namespace tapegrad::detail {

/// Has the output of `record` keep its gradient; once is enough. Errors: `std::bad_alloc`.
void retain_output(Record& record, Impl* output);
/// The output that keeps its gradient, or nullptr.
Impl* retained_output(const Record& record) noexcept;
/// What `from` retains is retained by `to`, an output's new record. Hooks stay: they are about the
/// value that `from` has made.
void move_retained(Record& from, Record* to) noexcept;

/// Registers a hook of the output of `record`. Errors: `std::bad_alloc`.
HookHandle hook_output(Record& record, HookKind kind, HookFunction call);
/// The hooks of the output of `record`, or nullptr.
std::shared_ptr<HookList> hooks_of(const Record& record) noexcept;

/// Forgets all of `gone`, a record that `retains`.
void forget_retained(Record& gone) noexcept;

}  // namespace tapegrad::detail
