#pragma once

/// @file
/// How an operator of your own says what it is in ONNX, or that it is nothing there.
///
///     struct Drawn {
///       static constexpr tg::NoOnnx onnx{"draws random numbers; export in evaluation mode"};
///     };
///     struct Doubled {
///       static constexpr const char* onnx = "y = Mul(a, 2)";
///     };

#include <span>
#include <string>
#include <type_traits>

#include "autograd/base/cxx20.h"

namespace tapegrad {

class Tensor;

/// @addtogroup custom
/// @{

/// Why an operator has no counterpart in ONNX, and the way out:
/// `static constexpr NoOnnx onnx{"draws random numbers; export in evaluation mode"};`
struct NoOnnx {
  const char* reason;  ///< goes on after "there is no ONNX operator for it: "
};

/// @cond
namespace detail {

/// What an operator is in ONNX, as its struct says it. All are null where that says nothing.
struct OnnxForm {
  const char* text = nullptr;
  /// The text for a call with these inputs, in place of `text`.
  std::string (*compose)(const void* op, std::span<const Tensor* const> inputs) = nullptr;
  const char* refusal = nullptr;
  /// Of an elementwise operator: what it is on truth values alone, where that is something else.
  const char* on_bool = nullptr;

  constexpr bool defined() const noexcept { return text || compose || refusal; }
};

template <class Op>
constexpr OnnxForm onnx_form() {
  if constexpr (requires { Op::onnx.reason; }) {
    return {.refusal = Op::onnx.reason};
  } else if constexpr (requires(const Op& op, std::span<const Tensor* const> inputs) {
                         Op::onnx(op, inputs);
                       }) {
    return {.compose = [](const void* op, std::span<const Tensor* const> inputs) -> std::string {
      return Op::onnx(*static_cast<const Op*>(op), inputs);
    }};
  } else if constexpr (requires { Op::onnx; }) {
    return {.text = Op::onnx};
  } else {
    return {};
  }
}

}  // namespace detail
/// @endcond

/// @}

}  // namespace tapegrad
