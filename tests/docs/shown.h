#pragma once

// What the programs made of pages include, and how the values of statements are printed. The script
// torch_values prints those of PyTorch in the same way.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <concepts>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace docs {

/// Begins what belongs to a line of the page.
inline void mark(int line) { fmt::print("\x1e{}\n", line); }

/// A number with the digits that two libraries have in common.
inline std::string text_of(double number) {
  if (std::isnan(number)) return "nan";
  return fmt::format("{:.6g}", number == 0 ? 0 : number);
}

template <class T>
std::string text_of(const T& value);
std::string text_of(const tg::Tensor& tensor);

/// The values in parentheses, with "; " between them.
template <class Range>
std::string list_of(const Range& range) {
  std::string text;
  for (const auto& each : range) text += (text.empty() ? "" : "; ") + text_of(each);
  return "(" + text + ")";
}
template <class... T>
std::string tuple_of(const T&... values) {
  return list_of(std::array<std::string, sizeof...(T)>{text_of(values)...});
}

/// "float32[2, 2] 1 2 3 4", with at most 24 elements.
inline std::string text_of(const tg::Tensor& tensor) {
  if (!tensor.defined()) return "-";
  std::string text = fmt::format("{}{}", tensor.dtype(), tensor.shape());
  const tg::Tensor flat = tensor.detach().to(tg::float64);
  const std::span<const double> elements = flat.data<double>();
  for (const double element : elements.first(std::min<std::size_t>(elements.size(), 24)))
    text += " " + text_of(element);
  return text;
}

template <class T>
std::string text_of(const T& value) {
  if constexpr (std::is_arithmetic_v<T>)
    return text_of(static_cast<double>(value));
  else if constexpr (std::convertible_to<const T&, std::string_view>)
    return std::string(std::string_view(value));
  else if constexpr (std::same_as<T, tg::Shape> || std::same_as<T, tg::DType>)
    return fmt::format("{}", value);
  else if constexpr (requires { value.name, value.value; })
    return tuple_of(value.name, value.value);
  else if constexpr (requires { value.first, value.second; })
    return tuple_of(value.first, value.second);
  else if constexpr (requires { value.inputs, value.targets; })
    return tuple_of(value.inputs, value.targets);
  else if constexpr (requires { value.values, value.indices; })
    return tuple_of(value.values, value.indices);
  else if constexpr (requires { value.sign, value.logabsdet; })
    return tuple_of(value.sign, value.logabsdet);
  else if constexpr (requires { value.eigenvalues, value.eigenvectors; })
    return tuple_of(value.eigenvalues, value.eigenvectors);
  else if constexpr (requires { value.U, value.S, value.Vh; })
    return tuple_of(value.U, value.S, value.Vh);
  else if constexpr (requires { value.Q, value.R; })
    return tuple_of(value.Q, value.R);
  else if constexpr (requires { value.var, value.mean; })
    return tuple_of(value.var, value.mean);
  else if constexpr (requires { value.std, value.mean; })
    return tuple_of(value.std, value.mean);
  else if constexpr (requires { value.min, value.max; })
    return tuple_of(value.min, value.max);
  else if constexpr (
      requires { std::tuple_size<T>::value, std::begin(value); } ||
      requires { value.begin() != value.end(), value.size(), value.data(); })
    return list_of(value);
  else
    return "-";
}

inline void no_value() { fmt::print("-\n"); }

/// Prints one value, or several as a tuple.
template <class... T>
void value(const T&... values) {
  if constexpr (sizeof...(T) == 1)
    fmt::print("{}\n", (text_of(values), ...));
  else
    fmt::print("{}\n", tuple_of(values...));
}

/// Behind a comma it leaves the value before as it is, and stands for that of an expression without
/// one.
struct End {};
template <class T>
T&& operator,(T&& value, End) {
  return std::forward<T>(value);
}
inline void value(End) { no_value(); }

}  // namespace docs
