#include "autograd/ops/core/onnx_text.h"

#include <vector>

namespace tapegrad::detail {

std::string onnx_cast(std::string_view operand, DType from, DType to) {
  if (from == to) return std::string(operand);
  return fmt::format("Cast<to={}>({})", onnx_type(to), operand);
}

std::string onnx_list(std::span<const std::int64_t> values) {
  std::string text;
  for (const std::int64_t value : values) {
    text += text.empty() ? "[" : ", ";
    text += std::to_string(value);
  }
  return text.empty() ? "[]" : text + "]";
}

std::string onnx_list(int rank, std::int64_t usual, int dim, std::int64_t value) {
  std::vector<std::int64_t> list(static_cast<std::size_t>(rank), usual);
  if (rank > 0) list[static_cast<std::size_t>(dim)] = value;
  return onnx_list(list);
}

}  // namespace tapegrad::detail
