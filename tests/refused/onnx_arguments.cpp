// refused: what is exported is called with one to eight Tensors, or with a std::vector of them, and
#include <nn/onnx/onnx.h>

void mistake(const tapegrad::Tensor& x) {
  tapegrad::onnx::save(
      "net.onnx", [](const std::string&) { return tapegrad::Tensor(); }, x);
}
