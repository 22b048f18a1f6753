#pragma once

#include <string>
#include <string_view>

#include "autograd/tensor/tensor.h"
#include "nn/files/elements.h"
#include "nn/files/source.h"

// Internal: arrays of NumPy, as
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html describes them.

namespace tapegrad::nn::detail {

/// True if a file that begins so is an array of NumPy's.
bool begins_npy(std::string_view start) noexcept;

/// Reads an array, which fills the rest of `source`.
Tensor read_npy(Source& source);

/// What stands before the elements of an array that is written.
std::string npy_header(const Shape& shape, Stored stored);

}  // namespace tapegrad::nn::detail
