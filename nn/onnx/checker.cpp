#include "nn/onnx/checker.h"

#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <exception>

namespace tapegrad::onnx::detail {

std::string fault_of(const ::onnx::ModelProto& model) {
  try {
    ::onnx::checker::check_model(model);
    ::onnx::ModelProto inferred = model;
    const ::onnx::ShapeInferenceOptions strict(true, 1, false);
    ::onnx::shape_inference::InferShapes(inferred, ::onnx::OpSchemaRegistry::Instance(), strict);
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace tapegrad::onnx::detail
