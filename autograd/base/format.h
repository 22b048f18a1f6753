#pragma once

/// @file
/// Makes shapes and element types arguments of fmt, as tensors are (autograd/tensor/print.h).
///
///     tg::Tensor x = tg::zeros({2, 3});
///     fmt::print("{} {:>10}\n", x.shape(), x.dtype());

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <type_traits>

#include "autograd/base/dtype.h"
#include "autograd/base/shape.h"

namespace tapegrad {

namespace detail {

/// Not constexpr, so that `{:{}}` does not compile and the error has this name.
inline void a_width_of_a_tensor_cannot_be_an_argument() {}

/// Prints a value as its text. Takes what fmt takes for text, such as `{:>12}`, except widths that
/// are arguments themselves; checked at compile time, with fmt's small header alone.
class TextFormatter {
 public:
  constexpr const char* parse(fmt::format_parse_context& context) {
    return parse_as<fmt::string_view>(context);
  }

 protected:
  template <class T>
  constexpr const char* parse_as(fmt::format_parse_context& context) {
    specs_ = specs_of(context);
    // In a text that is not constant, fmt itself checks them when it writes.
    if (std::is_constant_evaluated()) fmt::formatter<T>().parse(context);
    return context.begin() + specs_.size();
  }

  /// What stands before the closing brace.
  static constexpr std::string_view specs_of(const fmt::format_parse_context& context) {
    auto end = context.begin();
    for (; end != context.end() && *end != '}'; ++end)
      if (*end == '{') a_width_of_a_tensor_cannot_be_an_argument();
    return {context.begin(), static_cast<std::size_t>(end - context.begin())};
  }

  std::string_view specs() const { return specs_; }

  template <class Output>
  Output write(Output out, std::string_view text) const {
    std::string padded;
    if (!specs_.empty()) {
      const std::string format = "{:" + std::string(specs_) + "}";
      const fmt::string_view value(text.data(), text.size());
      padded = fmt::vformat(format, fmt::make_format_args(value));
      text = padded;
    }
    for (char c : text) *out++ = c;
    return out;
  }

 private:
  std::string_view specs_;
};

}  // namespace detail

}  // namespace tapegrad

/// @addtogroup tensors
/// @{

/// Prints a shape as "[2, 3]".
template <>
struct fmt::formatter<tapegrad::Shape> : tapegrad::detail::TextFormatter {
  /// What fmt calls.
  template <class Context>
  auto format(const tapegrad::Shape& shape, Context& context) const {
    return write(context.out(), tapegrad::to_string(shape));
  }
};

/// Prints an element type as "float32".
template <>
struct fmt::formatter<tapegrad::DType> : tapegrad::detail::TextFormatter {
  /// What fmt calls.
  template <class Context>
  auto format(tapegrad::DType dtype, Context& context) const {
    return write(context.out(), tapegrad::name(dtype));
  }
};

/// @}
