#pragma once

#include <string>

#include "nn/files/zip.h"

// Internal: what `torch.save` writes since version 1.6: an archive of one pickle, and a member for
// each storage.

namespace tapegrad::nn::detail {

/// True for an archive that `torch.save` wrote.
bool is_pytorch(const ZipReader& archive) noexcept;

/// Its tensors, under dotted names: a dictionary in a dictionary gives "model.weight", a list "0".
/// Numbers become tensors of one element. `where`: how errors begin.
TensorFile read_pytorch(ZipReader& archive, const std::string& where);

}  // namespace tapegrad::nn::detail
