#pragma once

#include <span>

#include "autograd/transforms/targets.h"

// Internal: the end of a walk.

namespace tapegrad::detail {

/// Adds the sums of `targets` to the gradients of their owners. All that can fail comes before the
/// first change (but for what a visitor of the door throws when it is told of a kernel). Graphs of
/// several threads may share leaves: each call is made whole. `readable`: by operators.
void add_to_gradients(std::span<Target> targets, bool create_graph, bool readable);

/// Says of a gradient, which nobody else sees, that it comes from a walk that was not recorded.
void note_walk(Impl& gradient) noexcept;

}  // namespace tapegrad::detail
