#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "autograd/tape/hook_list.h"

// Internal: the hooks of leaves, which stand in no record. They go with the leaf's memory.

namespace tapegrad::detail {

/// How many leaves have, or had, hooks: as a rule none, and then a walk looks at nothing but this.
extern constinit std::atomic<std::size_t> hooked_leaves;

/// Registers a hook. Errors: `std::bad_alloc`.
HookHandle hook_leaf(Impl* leaf, HookKind kind, HookFunction call);
/// The hooks of `leaf`, or nullptr.
std::shared_ptr<HookList> leaf_hooks_of(const Impl* leaf) noexcept;

}  // namespace tapegrad::detail
