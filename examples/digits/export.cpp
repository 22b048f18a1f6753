#include "export.h"

#if defined(TAPEGRAD_WITH_ONNX)
#include <nn/onnx/onnx.h>
#endif

namespace digits {

#if defined(TAPEGRAD_WITH_ONNX)

bool can_export() { return true; }

void export_network(const std::string& file, const nn::Sequential& network, const Images& images) {
  const auto& pictures = images.test.dataset();
  const tg::Tensor example = tg::zeros({1, pictures.height(), pictures.width()});
  tapegrad::onnx::save(file, network, example,
                       {.input_names = {"pixels"}, .output_names = {"scores"}});
}

#else

bool can_export() { return false; }
void export_network(const std::string&, const nn::Sequential&, const Images&) {}

#endif

}  // namespace digits
