#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "autograd/base/fail.h"
#include "autograd/graph/graph.h"
#include "autograd/tensor/require.h"

// The picture of a graph, drawn from the public list of records.

namespace tapegrad {

namespace {

using Path = std::vector<std::string>;

constexpr const char* kHeader = R"(digraph tapegrad {
  graph [fontname="Helvetica", fontsize=11, fontcolor="#5f6368", color="#c4c7cc", style="rounded",
         labeljust="l", ranksep=0.35, nodesep=0.3];
  node [fontname="Helvetica", fontsize=11, margin="0.12,0.06", height=0.3, penwidth=0.8];
  edge [fontname="Helvetica", fontsize=9, fontcolor="#5f6368", color="#80868b", arrowsize=0.6];
)";
constexpr const char* kOperator =
    R"(shape=ellipse, style="filled", fillcolor="#e8f0fe", color="#4285f4")";
constexpr const char* kReleased = R"(shape=ellipse, style="dashed", color="#4285f4")";
constexpr const char* kLeaf =
    R"(shape=box, style="filled,rounded", fillcolor="#e6f4ea", color="#34a853")";
constexpr const char* kConstant =
    R"(shape=box, style="filled,rounded", fillcolor="#f1f3f4", color="#9aa0a6")";
constexpr const char* kResult =
    R"(shape=box, style="filled,rounded,bold", fillcolor="#fef7e0", color="#f9ab00")";

/// In quotes, as a DOT string; a line break stays one.
std::string dot_string(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + "\"";
}

Path split_scope(const std::string& scope) {
  Path path;
  for (std::size_t start = 0; start < scope.size();) {
    const std::size_t end = std::min(scope.find('.', start), scope.size());
    path.push_back(scope.substr(start, end - start));
    start = end + 1;
  }
  return path;
}

std::size_t common_length(const Path& a, const Path& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

struct Node {
  std::string id;
  std::string label;
  const char* look;
  Path scope;
};

/// A leaf or constant: its place among the nodes, and whether the frame it is drawn in is settled.
struct Box {
  std::size_t node;
  enum { anywhere, in_frame, outside } place;
};

class Picture {
 public:
  Picture(const Tensor& tensor, const TensorNames& names)
      : names_(names), usual_type_(tensor.defined() ? tensor.dtype() : float32) {
    const std::vector<RecordInfo> list = records(tensor);
    for (std::size_t i = 0; i < list.size(); ++i) add_record(list, i);
    add_result(tensor, list.size());
  }

  std::string text() {
    std::string out = kHeader;
    write_nodes(out);
    return out + edges_ + "}\n";
  }

 private:
  static std::string record_id(std::size_t index) { return fmt::format("op{}", index); }

  /// Of a tensor within the graph; the type that the result has goes without saying.
  std::string type_text(const Shape& shape, DType dtype) const {
    return dtype == usual_type_ ? to_string(shape) : fmt::format("{} {}", shape, dtype);
  }

  std::string name_of(const void* id) const {
    for (const auto& [name, tensor] : names_) {
      if (tensor.id() == id) return name;
    }
    return {};
  }

  void add_record(const std::vector<RecordInfo>& list, std::size_t index) {
    const RecordInfo& info = list[index];
    const Path scope = split_scope(info.scope);
    nodes_.push_back({record_id(index), info.name, info.released ? kReleased : kOperator, scope});
    for (const RecordInput& input : info.inputs) {
      if (input.kind == RecordInput::Kind::record) {
        const RecordInfo& from = list[static_cast<std::size_t>(input.record)];
        add_edge(record_id(static_cast<std::size_t>(input.record)), record_id(index),
                 from.outputs == 1 ? type_text(from.shape, from.dtype) : "");
      } else if (input.id) {
        add_edge(box_of(input, scope), record_id(index), "");
      }
    }
  }

  /// The box of a leaf or constant. It is drawn in the innermost frame that holds all its users,
  /// except those outside all frames, such as weight decay. Named constants, which are data, stay
  /// outside.
  std::string box_of(const RecordInput& input, const Path& scope) {
    const auto [found, is_new] = boxes_.try_emplace(input.id, Box{nodes_.size(), Box::anywhere});
    Box& box = found->second;
    if (is_new) {
      const bool leaf = input.kind == RecordInput::Kind::leaf;
      const std::string name = name_of(input.id);
      const std::string type = type_text(input.shape, input.dtype);
      std::string label = name.empty() ? type : name + "\n" + type;
      if (name.empty() && input.value) label = fmt::format("{:g}", *input.value);
      if (!leaf && !name.empty()) box.place = Box::outside;
      const std::string id = fmt::format("box{}", boxes_.size() - 1);
      nodes_.push_back({id, label, leaf ? kLeaf : kConstant, {}});
    }
    Node& node = nodes_[box.node];
    if (box.place == Box::anywhere && !scope.empty()) {
      node.scope = scope;
      box.place = Box::in_frame;
    } else if (box.place == Box::in_frame && !scope.empty()) {
      node.scope.resize(common_length(node.scope, scope));
    }
    return node.id;
  }

  void add_result(const Tensor& tensor, std::size_t records) {
    const bool leaf = records == 0;
    const std::string name = name_of(tensor.id());
    std::string label = !name.empty() ? name : leaf ? "leaf" : "result";
    label += fmt::format("\n{}", tensor.shape());
    if (tensor.dtype() != float32) label += fmt::format(" {}", tensor.dtype());
    nodes_.push_back({"result", label, leaf && tensor.requires_grad() ? kLeaf : kResult, {}});
    if (!leaf) add_edge(record_id(records - 1), "result", "");
  }

  void add_edge(const std::string& from, const std::string& to, const std::string& label) {
    edges_ += fmt::format("  {} -> {}", from, to);
    if (!label.empty()) edges_ += fmt::format(" [label={}]", dot_string(" " + label));
    edges_ += ";\n";
  }

  /// Sorted by scope the nodes of one frame stand together, and only the change from one node to
  /// the next opens and closes frames.
  void write_nodes(std::string& out) {
    std::multimap<Path, const Node*> by_scope;  // nodes of one scope stay in their order
    for (const Node& node : nodes_) by_scope.emplace(node.scope, &node);
    Path open;
    int frames = 0;
    const auto close_to = [&](std::size_t depth) {
      for (; open.size() > depth; open.pop_back()) out += std::string(2 * open.size(), ' ') + "}\n";
    };
    for (const auto& [scope, node] : by_scope) {
      close_to(common_length(open, scope));
      while (open.size() < scope.size()) {
        open.push_back(scope[open.size()]);
        out += fmt::format("{:{}}subgraph cluster{} {{ label={};\n", "", 2 * open.size(), frames++,
                           dot_string(open.back()));
      }
      out += fmt::format("{:{}}{} [label={}, {}];\n", "", 2 * open.size() + 2, node->id,
                         dot_string(node->label), node->look);
    }
    close_to(0);
  }

  const TensorNames& names_;
  DType usual_type_;
  std::vector<Node> nodes_;
  std::map<const void*, Box> boxes_;
  std::string edges_;
};

}  // namespace

std::string to_dot(const Tensor& tensor, const TensorNames& names) try {
  return Picture(tensor, names).text();
} catch (...) {
  detail::rethrow_for("to_dot");
}

void write_dot(const std::string& path, const Tensor& tensor, const TensorNames& names) try {
  const std::string text = to_dot(tensor, names);
  const std::string temporary = path + ".tmp";
  std::error_code error;
  errno = 0;
  {
    std::ofstream file(temporary, std::ios::binary);
    file << text;
    file.close();
    if (!file) error = {errno ? errno : EIO, std::generic_category()};
  }
  if (!error) std::filesystem::rename(temporary, path, error);
  if (!error) return;
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  fail<FileError>("write_dot: cannot write '{}': {}", path, error.message());
} catch (...) {
  detail::rethrow_for("write_dot");
}

}  // namespace tapegrad
