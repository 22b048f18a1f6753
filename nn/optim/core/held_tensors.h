#pragma once

#include <vector>

// Internal: which tensors the optimizers of this process hold.

namespace tapegrad::nn::detail {

/// Notes that an optimizer holds the tensors that have these `id()`s: all of them, or none where
/// there is no memory.
void hold_tensors(const std::vector<const void*>& ids);
/// It no longer holds the tensor.
void release_tensor(const void* id) noexcept;
/// Whether one holds the tensor.
bool optimizer_holds(const void* id);

}  // namespace tapegrad::nn::detail
