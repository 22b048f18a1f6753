#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/tensor/door/watcher.h"
#include "nn/onnx/graph.h"

// Internal: the text by which an operator says what it is in ONNX.

namespace tapegrad::onnx::detail {

/// What the text of a call is about.
struct TextCall {
  Origin origin = {};
  std::span<const int> inputs = {};  // a, b, c, ... or a0, a1, ...
  std::size_t outputs = 1;           // how many `y...` stands for
  DType dtype = float32;             // of numbers
};

/// The number that ONNX has for an element type.
std::int64_t number_of(DType dtype);

/// `text` with each `{name}` replaced by the attribute of that name.
std::string with_attributes(std::string_view text,
                            std::span<const tapegrad::detail::Attribute> attributes);

/// Appends the nodes that `text` names, and returns what becomes of y. Errors: `ValueError` for a
/// text that is none.
std::vector<int> append(Graph& graph, std::string_view text, const TextCall& call);

/// Appends a conversion to `dtype`; a constant is converted now.
int append_cast(Graph& graph, int value, DType dtype, const Origin& origin);

}  // namespace tapegrad::onnx::detail
