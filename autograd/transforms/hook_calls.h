#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "autograd/tape/hook_list.h"
#include "autograd/transforms/targets.h"

// Internal: when a walk calls hooks.

namespace tapegrad::detail {

/// What the hooks of a tensor make of its cotangent, which has the tensor's shape and type.
/// `create_graph`: with its history. Errors: `GradError` where one returns something else or writes
/// into what it gets; what a hook throws.
Tensor call_gradient_hooks(const HookList& hooks, Tensor cotangent, bool create_graph);

/// Leaves, with hooks for the time after the walk.
using HookedLeaves = std::vector<std::pair<Tensor, std::shared_ptr<HookList>>>;

/// Has the hooks of those of `targets` that are leaves see, or replace, what the walk has summed up
/// for them. Errors: as above.
HookedLeaves call_leaf_hooks(std::span<Target> targets, bool create_graph);
/// Calls those that are for the time when the gradient has been added.
void call_accumulated_hooks(const HookedLeaves& leaves);

}  // namespace tapegrad::detail
