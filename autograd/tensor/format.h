#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <type_traits>

#include "autograd/tensor/dtype.h"
#include "autograd/tensor/shape.h"

namespace tapegrad {

class Tensor;
std::string to_string(const Tensor& tensor);

namespace detail {

/// Prints a value as its text. Takes what fmt takes for text, such as `{:>12}`, except widths that
/// are arguments themselves; checked at compile time, with fmt's small header alone.
class TextFormatter {
 public:
  constexpr auto parse(fmt::format_parse_context& context) {
    const auto begin = context.begin();
    auto end = begin;
    if (std::is_constant_evaluated()) {
      end = fmt::formatter<fmt::string_view>().parse(context);
    } else {
      // Was checked when compiling, or else `write` will.
      while (end != context.end() && *end != '}') ++end;
    }
    specs_ = {begin, static_cast<std::size_t>(end - begin)};
    return end;
  }

 protected:
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

/// "[2, 3]".
template <>
struct fmt::formatter<tapegrad::Shape> : tapegrad::detail::TextFormatter {
  template <class Context>
  auto format(const tapegrad::Shape& shape, Context& context) const {
    return write(context.out(), tapegrad::to_string(shape));
  }
};

/// "float32".
template <>
struct fmt::formatter<tapegrad::DType> : tapegrad::detail::TextFormatter {
  template <class Context>
  auto format(tapegrad::DType dtype, Context& context) const {
    return write(context.out(), tapegrad::name(dtype));
  }
};

/// The text of `to_string`, over several lines for two and more dimensions.
template <>
struct fmt::formatter<tapegrad::Tensor> : tapegrad::detail::TextFormatter {
  template <class Context>
  auto format(const tapegrad::Tensor& tensor, Context& context) const {
    return write(context.out(), tapegrad::to_string(tensor));
  }
};
