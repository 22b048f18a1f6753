#include "autograd/graph/graph.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "autograd/base/format.h"
#include "nn/report/pictures.h"

namespace tapegrad::report {

namespace {

/// Makes the nodes and edges from the public list of records.
class GraphMaker {
 public:
  GraphMaker(const Tensor& tensor, const TensorNames& names, std::string title)
      : names_(names), usual_type_(tensor.dtype()), graph_{.title = std::move(title)} {
    const std::vector<RecordInfo> list = records(tensor);
    for (const RecordInfo& record : list)
      graph_.nodes.push_back(
          {.label = record.name,
           .detail = record.outputs == 1 ? type_text(record.shape, record.dtype) : "",
           .group = record.scope});
    for (std::size_t i = 0; i < list.size(); ++i)
      for (const RecordInput& input : list[i].inputs) add_input(list, i, input);
    const std::string name = name_of(tensor.id());
    graph_.nodes.push_back({.label = name.empty() ? "result" : name,
                            .detail = type_text(tensor.shape(), tensor.dtype()),
                            .kind = NodeKind::result});
    if (!list.empty())
      graph_.edges.push_back({.from = list.size() - 1, .to = graph_.nodes.size() - 1});
  }

  Graph graph() && { return std::move(graph_); }

 private:
  std::string name_of(const void* id) const {
    for (const auto& [name, tensor] : names_)
      if (tensor.id() == id) return name;
    return {};
  }

  /// The type that the result has goes without saying.
  std::string type_text(const Shape& shape, DType dtype) const {
    return dtype == usual_type_ ? to_string(shape) : fmt::format("{} {}", shape, dtype);
  }

  void add_input(const std::vector<RecordInfo>& list, std::size_t record,
                 const RecordInput& input) {
    if (input.kind == RecordInput::Kind::record) {
      graph_.edges.push_back({.from = static_cast<std::size_t>(input.record), .to = record});
    } else if (input.id) {
      graph_.edges.push_back({.from = node_of(input, list[record].scope), .to = record});
    }
  }

  /// Of a leaf or a constant, which stands in the frame of who uses it first; data, which has a
  /// name and no gradient, outside of all.
  std::size_t node_of(const RecordInput& input, const std::string& scope) {
    const auto [found, is_new] = nodes_.try_emplace(input.id, graph_.nodes.size());
    if (is_new) {
      const bool leaf = input.kind == RecordInput::Kind::leaf;
      GraphNode node{.label = name_of(input.id),
                     .detail = type_text(input.shape, input.dtype),
                     .kind = leaf ? NodeKind::leaf : NodeKind::constant};
      if (leaf || node.label.empty()) node.group = scope;
      if (node.label.empty())
        node.label = std::exchange(node.detail, "")
                         .append(input.value ? fmt::format(" = {:g}", *input.value) : "");
      graph_.nodes.push_back(std::move(node));
    }
    return found->second;
  }

  const TensorNames& names_;
  DType usual_type_;
  std::map<const void*, std::size_t> nodes_;
  Graph graph_;
};

}  // namespace

Graph graph_of(const Tensor& tensor, const TensorNames& names, std::string title) {
  return GraphMaker(tensor, names, std::move(title)).graph();
}

}  // namespace tapegrad::report
