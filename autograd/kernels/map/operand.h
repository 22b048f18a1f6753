#pragma once

#include <cstdint>

namespace tapegrad::kernels {

/// Where one operand of a broadcast loop lies. Strides count elements.
struct Operand {
  const void* data;
  std::int64_t inner;  ///< stride within a row: 1, or 0 for one number per row
  std::int64_t outer;  ///< stride between rows, any number >= 0
};

}  // namespace tapegrad::kernels
