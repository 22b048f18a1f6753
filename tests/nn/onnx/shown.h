#pragma once

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <string>
#include <vector>

#include "nn/onnx/onnx.h"
#include "tests/temp_folder.h"

/// The files of ONNX as tests read them.
namespace onnx_models {

/// The model in a file of a folder.
inline onnx::ModelProto read_model(const TempFolder& folder, const std::string& name) {
  onnx::ModelProto model;
  if (!model.ParseFromString(folder.read(name))) throw std::runtime_error("no model: " + name);
  return model;
}

/// What `f` becomes.
template <class F>
onnx::ModelProto model_of(const F& f, const tapegrad::onnx::Examples& example,
                          const tapegrad::onnx::SaveOptions& options = {}) {
  const TempFolder folder;
  tapegrad::onnx::save(folder.file("f.onnx"), f, example, options);
  return read_model(folder, "f.onnx");
}

/// "[batch, 3]", with "?" for a size without a name.
inline std::string dims_of(const onnx::ValueInfoProto& value) {
  std::string text;
  for (const auto& dim : value.type().tensor_type().shape().dim()) {
    if (!text.empty()) text += ", ";
    text += dim.has_dim_value()   ? std::to_string(dim.dim_value())
            : dim.has_dim_param() ? dim.dim_param()
                                  : "?";
  }
  return "[" + text + "]";
}

inline const onnx::TensorProto* initializer(const onnx::ModelProto& model,
                                            const std::string& name) {
  for (const onnx::TensorProto& each : model.graph().initializer())
    if (each.name() == name) return &each;
  return nullptr;
}

/// The names of the initializers, in order.
inline std::vector<std::string> initializers(const onnx::ModelProto& model) {
  std::vector<std::string> names;
  for (const onnx::TensorProto& each : model.graph().initializer()) names.push_back(each.name());
  return names;
}

/// The elements of an int64 initializer.
inline std::vector<std::int64_t> integers(const onnx::ModelProto& model, const std::string& name) {
  const std::string& bytes = initializer(model, name)->raw_data();
  std::vector<std::int64_t> values(bytes.size() / sizeof(std::int64_t));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(values.data()));
  return values;
}

/// "Gemm(input, fc.weight, fc.bias) = output" for each node.
inline std::vector<std::string> shown(const onnx::ModelProto& model) {
  const auto joined = [](const auto& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  };
  std::vector<std::string> lines;
  for (const onnx::NodeProto& node : model.graph().node())
    lines.push_back(node.op_type() + "(" + joined(node.input()) + ") = " + joined(node.output()));
  return lines;
}

/// The operators alone.
inline std::vector<std::string> operators_of(const onnx::ModelProto& model) {
  std::vector<std::string> names;
  for (const onnx::NodeProto& node : model.graph().node()) names.push_back(node.op_type());
  return names;
}

}  // namespace onnx_models
