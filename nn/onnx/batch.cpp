#include "nn/onnx/batch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "autograd/ops/custom.h"

namespace tapegrad::onnx::detail {

namespace {

/// What all these refusals end with.
constexpr const char* kWayOut = "export for one size with {.dynamic_batch = false}";

bool same_elements(const Tensor& a, const Tensor& b) {
  if (a.is_same(b)) return true;
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  return visit_dtype(a.dtype(), [&]<class T>(T) {
    const auto x = a.data<T>(), y = b.data<T>();
    return x.empty() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
  });
}

/// All elements of both are one number.
bool one_fill(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.numel() == 0 || b.numel() == 0) return false;
  return visit_dtype(a.dtype(), [&]<class T>(T) {
    const auto x = a.data<T>(), y = b.data<T>();
    const auto first = [&](T each) { return std::memcmp(&each, x.data(), sizeof(T)) == 0; };
    return std::all_of(x.begin(), x.end(), first) && std::all_of(y.begin(), y.end(), first);
  });
}

/// The sizes of two batches.
struct Rows {
  std::int64_t one, other;
};

/// Fills in how the numbers `a` follow the batch, given what they are for the other; false where
/// one is no multiple of it.
bool follow(Value& value, const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b,
            Rows rows) {
  if (a.size() != b.size()) return false;
  value.sizes = a;
  value.scaled.assign(a.size(), false);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    if (a[i] % rows.one != 0 || a[i] / rows.one * rows.other != b[i]) return false;
    value.sizes[i] = a[i] / rows.one;
    value.scaled[i] = true;
  }
  return true;
}

std::vector<std::int64_t> list(const Shape& shape) { return {shape.begin(), shape.end()}; }
std::vector<std::int64_t> elements(const Tensor& tensor) {
  const auto data = tensor.data<std::int64_t>();
  return {data.begin(), data.end()};
}

std::string text_of(const Tensor& tensor) {
  return tensor.numel() == 1 ? fmt::format("{}", tensor.item())
                             : fmt::format("{} of shape {}", name(tensor.dtype()), tensor.shape());
}

void follow_constant(Value& value, const Value& more, const Node& node, Rows rows) {
  if (value.follows != Value::Follows::nothing || same_elements(value.tensor, more.tensor)) return;
  const bool places = value.from_text && more.from_text;
  if (places && follow(value, elements(value.tensor), elements(more.tensor), rows)) {
    value.follows = Value::Follows::list;
    return;
  }
  if (one_fill(value.tensor, more.tensor) && !places &&
      follow(value, list(value.tensor.shape()), list(more.tensor.shape()), rows)) {
    value.follows = Value::Follows::fill;
    return;
  }
  if (places)
    refuse(
        node.origin,
        fmt::format("sizes or places that it was called with are {} for a batch of {} and {} for "
                    "{}, which is no multiple of the batch; {}",
                    elements(value.tensor), rows.one, elements(more.tensor), rows.other, kWayOut));
  refuse(node.origin,
         fmt::format("a constant depends on the batch: it is {} for a batch of {} and "
                     "{} for {}; compute it from the input with operators (mean() "
                     "divides by the batch itself, and shapes broadcast), or {}",
                     text_of(value.tensor), rows.one, text_of(more.tensor), rows.other, kWayOut));
}

void compare(const Node& a, const Node& b, Rows rows) {
  if (a.op != b.op || a.origin != b.origin)
    refuse(a.origin, fmt::format("with a batch of {} '{}' is called in its place; {}", rows.other,
                                 b.origin.op, kWayOut));
  if (a.attributes != b.attributes)
    refuse(a.origin, fmt::format("an attribute of {} is another one with a batch of {}; {}", a.op,
                                 rows.other, kWayOut));
  if (a.inputs != b.inputs || a.outputs != b.outputs)
    refuse(a.origin,
           fmt::format("with a batch of {} it has other operands; {}", rows.other, kWayOut));
}

}  // namespace

Graph follow_batch(TracedBatch batch, const TracedBatch& with_more) {
  Graph graph = std::move(batch.graph);
  const Graph& more = with_more.graph;
  const Rows rows{batch.rows, with_more.rows};
  for (std::size_t i = 0; i < std::min(graph.nodes.size(), more.nodes.size()); ++i) {
    const Node& node = graph.nodes[i];
    compare(node, more.nodes[i], rows);
    for (const int input : node.inputs) {
      if (input == kNoValue) continue;
      Value& value = graph.values[static_cast<std::size_t>(input)];
      const Value& other = more.values[static_cast<std::size_t>(input)];
      if (value.kind != other.kind)
        refuse(node.origin,
               fmt::format("with a batch of {} it has other operands; {}", rows.other, kWayOut));
      if (value.kind == Value::Kind::constant) follow_constant(value, other, node, rows);
    }
  }
  if (graph.nodes.size() != more.nodes.size() || graph.outputs != more.outputs)
    refuse({}, fmt::format("with a batch of {} other operators are called than with one of {}; {}",
                           rows.other, rows.one, kWayOut));
  const auto follow_shape = [&](int place) {
    Value& value = graph.values[static_cast<std::size_t>(place)];
    const Tensor& other = more.values[static_cast<std::size_t>(place)].tensor;
    if (value.kind == Value::Kind::constant)
      return follow_constant(value, more.values[static_cast<std::size_t>(place)], {}, rows);
    if (!follow(value, list(value.tensor.shape()), list(other.shape()), rows))
      refuse({}, fmt::format("an output of shape {} has shape {} with a batch of {}; {}",
                             value.tensor.shape(), other.shape(), rows.other, kWayOut));
  };
  for (const int input : graph.inputs) follow_shape(input);
  for (const int output : graph.outputs) follow_shape(output);
  return graph;
}

void require_same_marks(const Graph& a, const Graph& b) {
  const auto differ = [&](int place) {
    if (place == kNoValue) return false;
    const Value &x = a.values[static_cast<std::size_t>(place)],
                &y = b.values[static_cast<std::size_t>(place)];
    return x.follows != y.follows || x.sizes != y.sizes || x.scaled != y.scaled;
  };
  for (const Node& node : a.nodes)
    for (const int input : node.inputs)
      if (differ(input))
        refuse(node.origin,
               fmt::format("sizes or places that it was called with follow the batch, but are no "
                           "multiple of it, such as half of it, rounded; {}",
                           kWayOut));
  for (const int output : a.outputs)
    if (differ(output))
      refuse({},
             fmt::format("the sizes of an output follow the batch, but are no multiple of it; {}",
                         kWayOut));
}

}  // namespace tapegrad::onnx::detail
