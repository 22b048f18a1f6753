#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "autograd/tensor/tensor.h"

// What operators write their ONNX texts with; tape/apply.h has the rules of these.

namespace tapegrad::detail {

/// The number that ONNX has for an element type.
constexpr int onnx_type(DType dtype) {
  constexpr int types[] = {1, 11, 7, 9};
  return types[static_cast<int>(dtype)];
}

/// `operand`, converted where it is of another type.
std::string onnx_cast(std::string_view operand, DType from, DType to);

/// "[1, 2, 3]". Not by fmt, whose templates for ranges take more room than all of these texts.
std::string onnx_list(std::span<const std::int64_t> values);
/// A list of `rank` times `usual`, but for `value` at `dim`: "[1, -1, 1]".
std::string onnx_list(int rank, std::int64_t usual, int dim, std::int64_t value);

}  // namespace tapegrad::detail
