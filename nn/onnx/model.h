#pragma once

#include <string>
#include <vector>

#include "nn/onnx/graph.h"

// Internal: the file of a graph.

namespace tapegrad::onnx::detail {

/// The bytes of a model, which the checker of ONNX has passed. Errors: `ValueError` for what it
/// finds, for names given twice, and for a model of 2 GB.
std::string model_of(const Graph& graph, const std::vector<std::string>& input_names,
                     const std::vector<std::string>& output_names, const std::string& description);

}  // namespace tapegrad::onnx::detail
