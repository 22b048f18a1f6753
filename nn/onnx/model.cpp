#include "nn/onnx/model.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "autograd/base/version.h"
#include "autograd/ops/custom.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/onnx/checker.h"
#include "nn/onnx/text.h"

namespace tapegrad::onnx::detail {

namespace {

constexpr int kOpset = 17, kIrVersion = 8;  // which belong together
constexpr const char* kBatch = "batch";

/// As protobuf takes it.
int type_of(DType dtype) { return static_cast<int>(number_of(dtype)); }

std::string bytes_of(const Tensor& tensor) {
  static_assert(std::endian::native == std::endian::little, "ONNX files are little-endian");
  return visit_dtype(tensor.dtype(), [&]<class T>(T) {
    const auto data = tensor.data<T>();
    return std::string(reinterpret_cast<const char*>(data.data()), data.size_bytes());
  });
}

void fill(::onnx::TensorProto& proto, const Tensor& tensor) {
  proto.set_data_type(type_of(tensor.dtype()));
  for (const std::int64_t size : tensor.shape()) proto.add_dims(size);
  proto.set_raw_data(bytes_of(tensor));
}

void fill(::onnx::AttributeProto& proto, const NodeAttribute& attribute) {
  proto.set_name(attribute.name);
  if (const auto* integer = std::get_if<std::int64_t>(&attribute.value)) {
    proto.set_type(::onnx::AttributeProto::INT);
    proto.set_i(*integer);
  } else if (const auto* number = std::get_if<double>(&attribute.value)) {
    proto.set_type(::onnx::AttributeProto::FLOAT);
    proto.set_f(static_cast<float>(*number));
  } else if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    proto.set_type(::onnx::AttributeProto::STRING);
    proto.set_s(*text);
  } else {
    proto.set_type(::onnx::AttributeProto::INTS);
    for (const std::int64_t each : std::get<std::vector<std::int64_t>>(attribute.value))
      proto.add_ints(each);
  }
}

/// Puts a graph together, front to back.
class Writer {
 public:
  Writer(const Graph& graph, ::onnx::GraphProto& proto)
      : graph_(graph), proto_(proto), names_(graph.values.size()) {}

  void run(const std::vector<std::string>& input_names,
           const std::vector<std::string>& output_names) {
    for (std::size_t i = 0; i < graph_.inputs.size(); ++i) {
      name_of(graph_.inputs[i]) = reserved(input_names[i]);
      add_info(*proto_.add_input(), input_names[i], value(graph_.inputs[i]));
    }
    for (const std::string& name : output_names) reserved(name);
    std::vector<std::pair<int, std::string>> copies;  // outputs that no node makes, or made before
    for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
      const int place = graph_.outputs[i];
      if (value(place).kind == Value::Kind::result && name_of(place).empty())
        name_of(place) = output_names[i];
      else
        copies.emplace_back(place, output_names[i]);
      add_info(*proto_.add_output(), output_names[i], value(place));
    }
    for (const Node& node : graph_.nodes) add(node);
    for (const auto& [place, name] : copies)
      add_node("Identity", {operand(place, {})}, name, unique(name + ".copy"));
  }

 private:
  const Value& value(int place) const { return graph_.values[static_cast<std::size_t>(place)]; }
  std::string& name_of(int place) { return names_[static_cast<std::size_t>(place)]; }

  /// `base`, with a number where that is taken.
  std::string unique(const std::string& base) {
    std::string name = base;
    for (int& n = numbers_[base]; !taken_.insert(name).second;)
      name = fmt::format("{}_{}", base, ++n + 1);
    return name;
  }
  const std::string& reserved(const std::string& name) {
    if (!taken_.insert(name).second)
      refuse({}, fmt::format("the name '{}' is given to two inputs or outputs", name));
    return name;
  }
  static std::string base_of(const Origin& origin) {
    return origin.path.empty() ? origin.op : origin.path + "." + origin.op;
  }

  static void add_info(::onnx::ValueInfoProto& info, const std::string& name, const Value& value) {
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(type_of(value.tensor.dtype()));
    auto& shape = *type.mutable_shape();
    for (int d = 0; d < value.tensor.dim(); ++d) {
      auto& dim = *shape.add_dim();
      const auto i = static_cast<std::size_t>(d);
      if (value.scaled.empty() || !value.scaled[i])
        dim.set_dim_value(value.tensor.size(d));
      else if (value.sizes[i] == 1)
        dim.set_dim_param(kBatch);  // what is a multiple of it has no name
    }
  }

  ::onnx::NodeProto& add_node(const std::string& op, const std::vector<std::string>& inputs,
                              const std::string& output, const std::string& name) {
    ::onnx::NodeProto& node = *proto_.add_node();
    node.set_op_type(op);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  std::string add_initializer(const Tensor& tensor, const std::string& base) {
    // Equal small ones are one.
    std::string* known = nullptr;
    if (tensor.numel() <= 64) {
      known =
          &small_[fmt::format("{} {} ", name(tensor.dtype()), tensor.shape()) + bytes_of(tensor)];
      if (!known->empty()) return *known;
    }
    ::onnx::TensorProto& proto = *proto_.add_initializer();
    proto.set_name(unique(base));
    fill(proto, tensor);
    if (known) *known = proto.name();
    return proto.name();
  }

  /// The batch times `factor`, as a list of one.
  std::string batch_times(std::int64_t factor) {
    std::string& name = batch_[factor];
    if (!name.empty()) return name;
    if (factor == 1) {
      name = unique("batch_size");
      ::onnx::NodeProto& node =
          add_node("Shape", {name_of(graph_.inputs[0])}, name, unique("batch_size"));
      fill(*node.add_attribute(), {"start", std::int64_t{0}});
      fill(*node.add_attribute(), {"end", std::int64_t{1}});
      return name;
    }
    const std::string one = batch_times(1);
    name = unique(fmt::format("batch_size_times_{}", factor));
    add_node("Mul", {one, add_initializer(tensor(std::vector{factor}), "factor")}, name,
             unique("batch_size"));
    return name;
  }

  /// The sizes of a value that follows the batch, as a list.
  std::string sizes_of(const Value& value, const std::string& base) {
    std::vector<std::string> parts;
    std::vector<std::int64_t> fixed;
    const auto end_fixed = [&] {
      if (!fixed.empty()) parts.push_back(add_initializer(tensor(fixed), base + ".constant"));
      fixed.clear();
    };
    for (std::size_t i = 0; i < value.sizes.size(); ++i) {
      if (!value.scaled[i]) {
        fixed.push_back(value.sizes[i]);
        continue;
      }
      end_fixed();
      parts.push_back(batch_times(value.sizes[i]));
    }
    end_fixed();
    if (parts.size() == 1) return parts[0];
    const std::string name = unique(base + ".sizes");
    fill(*add_node("Concat", parts, name, unique(base + ".sizes")).add_attribute(),
         {"axis", std::int64_t{0}});
    return name;
  }

  std::string operand(int place, const Origin& origin) {
    std::string& known = name_of(place);
    if (!known.empty()) return known;
    const Value& each = value(place);
    const std::string base = origin.op.empty() ? "output" : base_of(origin);
    if (each.kind == Value::Kind::result) return known = unique(base);
    if (each.follows == Value::Follows::list) return known = sizes_of(each, base);
    if (each.follows == Value::Follows::fill) {
      const std::string sizes = sizes_of(each, base);
      known = unique(base + ".constant");
      ::onnx::AttributeProto& attribute =
          *add_node("ConstantOfShape", {sizes}, known, unique(base + ".constant")).add_attribute();
      attribute.set_name("value");
      attribute.set_type(::onnx::AttributeProto::TENSOR);
      fill(*attribute.mutable_t(), each.tensor.reshape(-1).narrow(0, 0, 1));
      return known;
    }
    if (each.name.empty()) return known = add_initializer(each.tensor, base + ".constant");
    ::onnx::TensorProto& proto = *proto_.add_initializer();
    known = unique(each.name);
    proto.set_name(known);
    fill(proto, each.tensor);
    return known;
  }

  /// The shape for a Reshape, which can find out one size by itself; nothing where it cannot.
  std::string inferred_shape(const Node& node) {
    const Value& shape = value(node.inputs[1]);
    if (node.op != "Reshape" || shape.follows != Value::Follows::list ||
        std::count(shape.scaled.begin(), shape.scaled.end(), true) != 1 ||
        std::count(shape.sizes.begin(), shape.sizes.end(), 0) != 0)
      return {};
    std::vector<std::int64_t> sizes = shape.sizes;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      if (shape.scaled[i]) sizes[i] = -1;
    return add_initializer(tensor(sizes), base_of(node.origin) + ".constant");
  }

  void add(const Node& node) {
    const std::string base = base_of(node.origin);
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::string inferred = i == 1 ? inferred_shape(node) : "";
      inputs.push_back(inferred.empty() ? operand(node.inputs[i], node.origin) : inferred);
    }
    ::onnx::NodeProto& proto = *proto_.add_node();
    proto.set_op_type(node.op);
    proto.set_name(unique(base + "." + node.op));
    for (const std::string& input : inputs) proto.add_input(input);
    for (const int output : node.outputs) proto.add_output(operand(output, node.origin));
    for (const NodeAttribute& attribute : node.attributes) fill(*proto.add_attribute(), attribute);
  }

  const Graph& graph_;
  ::onnx::GraphProto& proto_;
  std::vector<std::string> names_;  // of values; empty until one is used
  std::set<std::string> taken_;
  std::map<std::string, int> numbers_;         // how often a name was given already
  std::map<std::string, std::string> small_;   // initializers by type, shape and elements
  std::map<std::int64_t, std::string> batch_;  // multiples of the batch that have been computed
};

}  // namespace

std::string model_of(const Graph& graph, const std::vector<std::string>& input_names,
                     const std::vector<std::string>& output_names, const std::string& description) {
  ::onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("tapegrad");
  model.set_producer_version(fmt::format("{}.{}.{}", TAPEGRAD_VERSION_MAJOR, TAPEGRAD_VERSION_MINOR,
                                         TAPEGRAD_VERSION_PATCH));
  model.set_doc_string(description);
  model.add_opset_import()->set_version(kOpset);
  model.mutable_graph()->set_name("tapegrad");
  Writer(graph, *model.mutable_graph()).run(input_names, output_names);
  if (model.ByteSizeLong() >= std::size_t{1} << 31)
    refuse({}, fmt::format("the model takes {} bytes, and a file of ONNX holds less than 2^31",
                           model.ByteSizeLong()));
  if (const std::string fault = fault_of(model); !fault.empty())
    refuse({}, fmt::format("the checker of ONNX refuses the model: {}", fault));
  return model.SerializeAsString();
}

}  // namespace tapegrad::onnx::detail
