// refused: what is exported returns a Tensor, or a std::vector, std::array, std::pair or std::tuple
#include <nn/onnx/onnx.h>

void mistake(const tapegrad::Tensor& x) {
  tapegrad::onnx::save(
      "net.onnx", [](const tapegrad::Tensor& t) { return t.shape(); }, x);
}
