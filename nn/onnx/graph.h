#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "autograd/tensor/tensor.h"

// Internal: what is exported, before it becomes a file. Plain data, so that two of them can be
// compared.

namespace tapegrad::onnx::detail {

/// Where something comes from, for names and messages.
struct Origin {
  std::string op = {}, path = {};  // `path` is that of the module, or empty
  bool operator==(const Origin&) const = default;
};

/// Throws the `ValueError` of an export that stops at `origin`.
[[noreturn]] void refuse(const Origin& origin, std::string_view reason);

/// An attribute of a node.
struct NodeAttribute {
  std::string name;
  std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>> value = {};
  bool operator==(const NodeAttribute&) const = default;
};

/// One operator of ONNX. Values are places in `Graph::values`, or `kNoValue`.
struct Node {
  std::string op = {};
  std::vector<NodeAttribute> attributes = {};
  std::vector<int> inputs = {}, outputs = {};
  Origin origin = {};
};
inline constexpr int kNoValue = -1;

struct Value {
  enum class Kind { input, constant, result };
  /// A constant that follows the batch: `list` has sizes, each times the batch where `scaled` says
  /// so; `fill` is one number in a shape of such sizes.
  enum class Follows { nothing, list, fill };

  Kind kind = Kind::result;
  Tensor tensor = {};     // elements of a constant; of inputs and outputs only shape and type count
  std::string name = {};  // of a weight, or empty
  bool from_text = false;  // a list of sizes or places that the text of an operator has
  Follows follows = Follows::nothing;
  std::vector<std::int64_t> sizes = {};
  std::vector<bool> scaled = {};
};

struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<int> inputs, outputs;

  int add(Value value) {
    values.push_back(std::move(value));
    return static_cast<int>(values.size()) - 1;
  }
  int add_constant(Tensor tensor, bool from_text = false) {
    return add(
        {.kind = Value::Kind::constant, .tensor = std::move(tensor), .from_text = from_text});
  }
};

/// Leaves out the nodes that no output needs.
void drop_unused(Graph& graph);

}  // namespace tapegrad::onnx::detail
