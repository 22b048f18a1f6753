#pragma once

#include <string>

#include "autograd/tensor/tensor.h"

namespace tapegrad::detail {

/// Throws `GradError`: `tensor` (`what`: "output 0") does not require gradients; says where its
/// graph ended.
[[noreturn, gnu::cold]] void fail_history(const Tensor& tensor, const std::string& what,
                                          const char* caller);

}  // namespace tapegrad::detail
