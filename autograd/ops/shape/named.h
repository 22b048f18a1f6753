#pragma once

#include <vector>

#include "autograd/tensor/tensor.h"

// Internal: operators for the functions that are written with them, whose name `name` errors begin
// with.

namespace tapegrad::detail {

/// Throws when there is no tensor, or an undefined one.
void require_tensors(const std::vector<Tensor>& tensors, const char* name);
/// `dims` counted from 0, for a tensor of `rank` dimensions; each may be named once.
Dims distinct_dims(const Dims& dims, int rank, const char* name);

/// `to` with its -1 replaced by what a tensor of shape `from` has elements for.
Shape completed(const Shape& from, const Shape& to, const char* name);
/// `x` under `shape`, which has as many elements.
Tensor viewed(const Tensor& x, const Shape& shape);
/// What `reshape`, `expand` and `cat` give.
/// @{
Tensor reshaped(const Tensor& x, const Shape& shape, const char* name);
Tensor expanded(const Tensor& x, const Shape& shape, const char* name);
Tensor joined(const std::vector<Tensor>& tensors, int dim, const char* name);
/// @}

}  // namespace tapegrad::detail
