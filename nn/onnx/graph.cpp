#include "nn/onnx/graph.h"

#include <algorithm>
#include <iterator>

#include "autograd/base/error.h"

namespace tapegrad::onnx::detail {

void refuse(const Origin& origin, std::string_view reason) {
  std::string text = "onnx::save: " + (origin.op.empty() ? "" : origin.op + ": ");
  text += reason;
  if (!origin.path.empty()) text += " [in " + origin.path + "]";
  throw ValueError(text);
}

void drop_unused(Graph& graph) {
  std::vector<bool> used(graph.values.size());
  for (const int output : graph.outputs) used[static_cast<std::size_t>(output)] = true;
  std::vector<Node> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    if (std::none_of(node->outputs.begin(), node->outputs.end(),
                     [&](int value) { return used[static_cast<std::size_t>(value)]; }))
      continue;
    for (const int input : node->inputs)
      if (input != kNoValue) used[static_cast<std::size_t>(input)] = true;
    kept.push_back(std::move(*node));
  }
  graph.nodes.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

}  // namespace tapegrad::onnx::detail
