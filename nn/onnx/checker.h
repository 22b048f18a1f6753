#pragma once

#include <string>

// Internal: the checker of ONNX, whose headers define macros that nothing else should meet.

namespace onnx {
class ModelProto;
}

namespace tapegrad::onnx::detail {

/// What ONNX's checker, or its inference of types and shapes, has against a model; empty for
/// nothing.
std::string fault_of(const ::onnx::ModelProto& model);

}  // namespace tapegrad::onnx::detail
