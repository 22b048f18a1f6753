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

/// The cotangents of `inputs`, which may be leaves or not, as tensors of their own. Where the roots
/// do not depend on one: zeros, if `allow_unused`, else a `GradError`.
std::vector<Tensor> walk_to(const std::vector<Tensor>& inputs, std::span<const Root> roots,
                            WalkMode mode, bool allow_unused);

}  // namespace tapegrad::detail
