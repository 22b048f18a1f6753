#include "nn/data/csv/number.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace tapegrad::nn::detail {

namespace {

// Whether a number that has no place in a type is too small for it, and not too large: by the
// power of ten of its first digit that is not 0.
bool is_tiny(std::string_view text) {
  const std::size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, exponent_at);
  const auto point = static_cast<std::int64_t>(std::min(digits.find('.'), digits.size()));
  const auto first = static_cast<std::int64_t>(digits.find_first_of("123456789"));
  text.remove_prefix(std::min(exponent_at + 1, text.size()));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t exponent = 0;
  for (const char c : text)
    exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), std::int64_t{1} << 50);
  return point - first + (negative ? -exponent : exponent) <= 0;
}

// Whether the digits of an integer ("7", "7.0") are those of `value`, which was read from them.
template <class T>
bool is_exact(std::string_view text, T value) {
  constexpr T kAllExact =
      T{1} / std::numeric_limits<T>::epsilon() * 2;  // 2^24, to which 2^24 + 1 is rounded; 2^53
  if (std::abs(value) < kAllExact || std::isinf(value)) return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  // Tables with missing values have whole numbers as 7.0.
  const std::size_t point = std::min(text.find('.'), text.size());
  if (text.find_first_not_of('0', point + (point < text.size())) != text.npos) return true;
  text = text.substr(0, point);
  if (!std::ranges::all_of(text, csv_is_digit)) return true;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  return fmt::format("{:.0f}", std::abs(value)) == text;
}

}  // namespace

std::string_view csv_trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// from_chars, because it does not depend on the locale of the host program.
template <class T>
CsvNumber csv_number(std::string_view text, char decimal, T& value) {
  std::string changed;
  if (!text.empty() && (text.front() == ' ' || text.back() == ' ')) text = csv_trim(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  if (decimal != '.') {
    if (text.find('.') != text.npos) return CsvNumber::none;
    std::ranges::replace(changed = text, decimal, '.');
    text = changed;
  }
  T read{};
  const char* const all = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), all, read);
  if (error == std::errc::invalid_argument || end != all) return CsvNumber::none;
  if constexpr (std::is_floating_point_v<T>) {
    if (error == std::errc::result_out_of_range) {
      if (!is_tiny(text)) return CsvNumber::range;
      read = text.starts_with('-') ? -T{0} : T{0};
    }
    if (!is_exact(text, read)) return CsvNumber::inexact;
  } else if (error == std::errc::result_out_of_range) {
    return CsvNumber::range;
  }
  value = read;
  return CsvNumber::good;
}

template CsvNumber csv_number(std::string_view, char, float&);
template CsvNumber csv_number(std::string_view, char, double&);
template CsvNumber csv_number(std::string_view, char, std::int64_t&);

bool csv_looks_numeric(std::string_view text, char decimal) {
  text = csv_trim(text);
  double ignored = 0;
  if (csv_number(text, '.', ignored) != CsvNumber::none ||
      csv_number(text, decimal, ignored) != CsvNumber::none)
    return true;
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  std::string_view more = ".,'_% ;\t|";
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    more = "abcdefABCDEF";
  }
  return std::ranges::any_of(text, csv_is_digit) && std::ranges::all_of(text, [&](char c) {
           return csv_is_digit(c) || more.find(c) != more.npos;
         });
}

}  // namespace tapegrad::nn::detail
