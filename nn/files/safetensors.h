#pragma once

#include <string>
#include <string_view>

#include "nn/files/files.h"
#include "nn/files/source.h"

// Internal: the format of https://github.com/huggingface/safetensors. Eight bytes that say how long
// the header is, the header in JSON, and the elements of all tensors without a gap.

namespace tapegrad::nn::detail {

/// True if a file that begins so is one of this format.
bool begins_safetensors(std::string_view start) noexcept;

/// Reads the file from its beginning; the tensors only if `with_tensors`.
TensorFile read_safetensors(Source& source, bool with_tensors);

void write_safetensors(std::string_view writer, const std::string& path, const StateDict& tensors,
                       const SaveOptions& options);

}  // namespace tapegrad::nn::detail
