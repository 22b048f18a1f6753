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

/// The text of a tensor whose elements are written by a format for numbers, such as ".3f"; of a
/// single element, the number alone. Errors: `DTypeError` for floating-point elements and a format
/// for integers.
std::string format_elements(const Tensor& tensor, std::string_view specs);

/// What a format is for: a whole text (at most fill, alignment and width) or numbers.
enum class FormatKind { text, integer, number };

constexpr FormatKind kind_of_format(std::string_view specs) {
  // Fill and alignment are the same for all, and the fill may be any character.
  std::string_view rest = specs.substr(specs.find_last_of("<>^") + 1);
  if (rest.empty()) return FormatKind::text;
  if (std::string_view("bBdoxX").find(rest.back()) != rest.npos) return FormatKind::integer;
  if (rest.back() == 's') rest.remove_suffix(1);
  const bool width = rest.find_first_not_of("0123456789") == rest.npos && !rest.starts_with('0');
  return width ? FormatKind::text : FormatKind::number;
}

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

/// Prints a tensor: the text of `to_string`, over several lines for two and more dimensions.
///
/// A format for numbers says how each element is written, and a single element is then written
/// alone, as a number:
///
///     fmt::print("loss {:.4f}\n", loss);   // loss 0.0312
///     fmt::print("{:.1f}\n", tensor({1, 2}));  // tensor([1.0, 2.0])
///
/// Errors: `DTypeError` for floating-point elements and a format for integers (b, d, o, x).
template <>
struct fmt::formatter<tapegrad::Tensor> : tapegrad::detail::TextFormatter {
  /// What fmt calls with the text after the colon.
  constexpr const char* parse(fmt::format_parse_context& context) {
    kind_ = tapegrad::detail::kind_of_format(specs_of(context));
    switch (kind_) {
      case tapegrad::detail::FormatKind::text:
        return parse_as<fmt::string_view>(context);
      case tapegrad::detail::FormatKind::integer:
        return parse_as<long long>(context);
      default:
        return parse_as<double>(context);
    }
  }

  /// What fmt calls.
  template <class Context>
  auto format(const tapegrad::Tensor& tensor, Context& context) const {
    if (kind_ == tapegrad::detail::FormatKind::text)
      return write(context.out(), tapegrad::to_string(tensor));
    auto out = context.out();
    for (char c : tapegrad::detail::format_elements(tensor, specs())) *out++ = c;
    return out;
  }

 private:
  tapegrad::detail::FormatKind kind_ = tapegrad::detail::FormatKind::text;
};

/// @}
