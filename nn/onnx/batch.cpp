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

/// Fills in how the numbers `a` follow the batch, given what they are with one row more; false where
/// one is no multiple of it.
bool follow(Value& value, const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b,
            std::int64_t rows) {
  if (a.size() != b.size()) return false;
  value.sizes = a;
  value.scaled.assign(a.size(), false);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    if (a[i] % rows != 0 || a[i] / rows * (rows + 1) != b[i]) return false;
    value.sizes[i] = a[i] / rows;
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

void follow_constant(Value& value, const Value& more, const Node& node, std::int64_t rows) {
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
                    elements(value.tensor), rows, elements(more.tensor), rows + 1, kWayOut));
  refuse(node.origin,
         fmt::format("a constant depends on the batch: it is {} for a batch of {} and "
                     "{} for {}; compute it from the input with operators (mean() "
                     "divides by the batch itself, and shapes broadcast), or {}",
                     text_of(value.tensor), rows, text_of(more.tensor), rows + 1, kWayOut));
}

void compare(const Node& a, const Node& b, std::int64_t rows) {
  if (a.op != b.op || a.origin != b.origin)
    refuse(a.origin, fmt::format("with a batch of {} '{}' is called in its place; {}", rows + 1,
                                 b.origin.op, kWayOut));
  if (a.attributes != b.attributes)
    refuse(a.origin, fmt::format("an attribute of {} is another one with a batch of {}; {}", a.op,
                                 rows + 1, kWayOut));
  if (a.inputs != b.inputs || a.outputs != b.outputs)
    refuse(a.origin,
           fmt::format("with a batch of {} it has other operands; {}", rows + 1, kWayOut));
}

}  // namespace

void follow_batch(Graph& graph, const Graph& more, std::int64_t rows) {
  for (std::size_t i = 0; i < std::min(graph.nodes.size(), more.nodes.size()); ++i) {
    const Node& node = graph.nodes[i];
    compare(node, more.nodes[i], rows);
    for (const int input : node.inputs) {
      if (input == kNoValue) continue;
      Value& value = graph.values[static_cast<std::size_t>(input)];
      const Value& other = more.values[static_cast<std::size_t>(input)];
      if (value.kind != other.kind)
        refuse(node.origin,
               fmt::format("with a batch of {} it has other operands; {}", rows + 1, kWayOut));
      if (value.kind == Value::Kind::constant) follow_constant(value, other, node, rows);
    }
  }
  if (graph.nodes.size() != more.nodes.size() || graph.outputs != more.outputs)
    refuse({}, fmt::format("with a batch of {} other operators are called than with one of {}; {}",
                           rows + 1, rows, kWayOut));
  const auto follow_shape = [&](int place) {
    Value& value = graph.values[static_cast<std::size_t>(place)];
    const Tensor& other = more.values[static_cast<std::size_t>(place)].tensor;
    if (value.kind == Value::Kind::constant)
      return follow_constant(value, more.values[static_cast<std::size_t>(place)], {}, rows);
    if (!follow(value, list(value.tensor.shape()), list(other.shape()), rows))
      refuse({}, fmt::format("an output of shape {} has shape {} with a batch of {}; {}",
                             value.tensor.shape(), other.shape(), rows + 1, kWayOut));
  };
  for (const int input : graph.inputs) follow_shape(input);
  for (const int output : graph.outputs) follow_shape(output);
}

}  // namespace tapegrad::onnx::detail
