#pragma once

#include <span>
#include <vector>

#include "autograd/tensor/tensor.h"

// Internal: the walk over the tape in reverse order, which the transforms start.

namespace tapegrad::detail {

/// Where a walk starts: an output and the cotangent of it.
struct Root {
  Tensor output;
  Tensor seed;
};

/// What a walk leaves behind. `create_graph` implies `retain_graph`.
struct WalkMode {
  bool retain_graph;  ///< saved values and edges, for another walk
  bool create_graph;  ///< the history of the gradients
};

/// Adds the cotangents of all leaves behind `roots` to their gradients.
void walk_to_leaves(std::span<const Root> roots, WalkMode mode);

/// The cotangents of `inputs`, which may be leaves or not; undefined where the roots do not depend
/// on one. Two that are the same share one.
std::vector<Tensor> walk_to(const std::vector<Tensor>& inputs, std::span<const Root> roots,
                            WalkMode mode);

/// Says of a gradient, which nobody else sees, that it comes from a walk that was not recorded.
void note_walk(Impl& gradient) noexcept;

}  // namespace tapegrad::detail
