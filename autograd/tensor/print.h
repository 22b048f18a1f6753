#pragma once

/// @file
/// Makes tensors arguments of fmt. A format for numbers is that of each element.
///
///     tg::Tensor x = tg::tensor({1.0, 2.5});
///     fmt::print("{}\n", x);
///     fmt::print("loss {:.4f}\n", x.sum());

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "autograd/base/format.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup tensors
/// @{

/// How tensors are printed, with PyTorch's names and defaults.
///
///     fmt::print("{}\n", tg::to_string(x, {.precision = 2, .full = true}));
struct PrintOptions {
  int precision = 4;              ///< decimals of floating-point numbers, 0 to 100
  std::int64_t threshold = 1000;  ///< tensors with more elements are shortened
  std::int64_t edgeitems = 3;     ///< what is left at each end of a shortened dimension, 1 or more
  int linewidth = 80;             ///< characters of a line, 1 or more
  /// Whether numbers have exponents: 1.0000e-05. Without a value, tensors whose numbers differ much
  /// in size have them.
  std::optional<bool> sci_mode = std::nullopt;
  bool full = false;  ///< nothing is shortened, whatever `threshold` says
};

/// What `to_string`, streams and fmt print tensors by where nothing else is said.
PrintOptions get_printoptions();

/// Sets that, for the whole process, and returns what it was before.
///
///     tg::set_printoptions({.precision = 8});
///
/// Options that are not given have their default. Errors: `ValueError` for one outside its range.
PrintOptions set_printoptions(const PrintOptions& options);

/// The text of `tensor`, by `options`. Errors: `ValueError` for one outside its range.
std::string to_string(const Tensor& tensor, const PrintOptions& options);

/// @}

}  // namespace tapegrad

namespace tapegrad::detail {

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

}  // namespace tapegrad::detail

/// @addtogroup tensors
/// @{

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
