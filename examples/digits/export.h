#pragma once

#include <string>

#include "choices.h"
#include "images.h"

namespace digits {

/// False where this program was built without tapegrad::onnx.
bool can_export();

/// Writes the network as an ONNX file: "pixels" in, "scores" out. Errors: `FileError`.
void export_network(const std::string& file, const nn::Sequential& network, const Images& images);

}  // namespace digits
