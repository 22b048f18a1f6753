#pragma once

#include <cstdint>

#include "nn/onnx/graph.h"

// Internal: how a graph for one size of the batch becomes one for all.

namespace tapegrad::onnx::detail {

/// A graph, and how many rows it was traced with.
struct TracedBatch {
  Graph graph = {};
  std::int64_t rows = 0;
};

/// `batch.graph` with marks at what follows the batch, found by comparing it with `more`, which is
/// the same traced with other rows. Nothing is guessed from equal sizes. Errors: `ValueError` for
/// what differs in another way than k times the batch.
Graph follow_batch(TracedBatch batch, const TracedBatch& more);

/// Errors: `ValueError` where the marks of two graphs differ: something follows the batch, but not
/// as k times it, such as half of it, rounded.
void require_same_marks(const Graph& a, const Graph& b);

}  // namespace tapegrad::onnx::detail
