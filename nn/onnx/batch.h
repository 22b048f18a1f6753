#pragma once

#include <cstdint>

#include "nn/onnx/graph.h"

// Internal: how a graph for one size of the batch becomes one for all.

namespace tapegrad::onnx::detail {

/// Marks in `graph`, traced with `rows` rows, what follows the batch, by comparing it with `more`,
/// which is the same traced with one row more. Nothing is guessed from equal sizes. Errors:
/// `ValueError` for what differs in another way than k times the batch.
void follow_batch(Graph& graph, const Graph& more, std::int64_t rows);

}  // namespace tapegrad::onnx::detail
