#include "nn/data/csv/spelling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "nn/data/csv/number.h"
#include "nn/data/csv/scan.h"
#include "nn/data/shown_text.h"

namespace tapegrad::nn::detail {

namespace {

constexpr std::array<std::string_view, 14> kUsualMarks = {
    "", "?", "-", ".", "NA", "N/A", "n/a", "#N/A", "<NA>", "NULL", "null", "None", "NaN", "nan"};

constexpr std::array<std::string_view, 4> kCurrencies = {"$", "\u20AC", "\u00A3", "\u00A5"};

bool is_number(std::string_view text, char decimal) {
  double ignored = 0;
  return csv_number(text, decimal, ignored) != CsvNumber::none;
}

bool is_hexadecimal(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return false;
  text.remove_prefix(2);
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

void drop_sign(std::string_view& text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
}

// Takes a currency sign off; empty if there is none.
std::string_view take_currency(std::string_view& text) {
  for (const std::string_view sign : kCurrencies) {
    const bool before = text.starts_with(sign);
    if (!before && !text.ends_with(sign)) continue;
    text = before ? text.substr(sign.size()) : text.substr(0, text.size() - sign.size());
    text = csv_trim(text);
    return sign;
  }
  return {};
}

// Takes the text after the number off ("kg", "\u00B0C", "m/s"); empty if it does not look like a
// unit, as in a date.
std::string_view take_unit(std::string_view& text) {
  const std::size_t size = std::min(text.find_last_of("0123456789.") + 1, text.size());
  const std::string_view unit = csv_trim(text.substr(size));
  if (size == 0 || unit.empty()) return {};
  const auto is_of_word = [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; };
  if (!is_of_word(unit[0]) && static_cast<unsigned char>(unit[0]) < 0x80) return {};
  text = csv_trim(text.substr(0, size));
  return unit;
}

// The marks of a number in groups of three digits, such as 1,234,567.8.
struct Groups {
  char separator = '\0';  // '\0': no groups
  char decimal = '\0';    // '\0': no fraction
};

Groups groups(std::string_view text) {
  drop_sign(text);
  const auto digits = [&] {
    const auto end = std::ranges::find_if_not(text, csv_is_digit);
    const auto count = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(count);
    return count;
  };
  Groups found;
  if (const std::size_t first = digits(); first == 0 || first > 3 || text.empty()) return {};
  if (std::string_view(",.'_ ").find(text[0]) == std::string_view::npos) return {};
  found.separator = text[0];
  while (text.starts_with(found.separator)) {
    text.remove_prefix(1);
    if (digits() != 3) return {};
  }
  if (text.empty()) return found;
  if (text[0] != '.' && text[0] != ',') return {};
  found.decimal = text[0];
  text.remove_prefix(1);
  digits();
  return text.empty() ? found : Groups{};
}

}  // namespace

bool csv_is_usual_mark(std::string_view text) {
  return std::ranges::find(kUsualMarks, text) != kUsualMarks.end();
}

bool csv_has_number(std::string_view text) {
  drop_sign(text);
  take_currency(text);
  text.remove_prefix(std::min(text.find_first_not_of("+-.("), text.size()));
  return !text.empty() && (csv_is_digit(text.front()) || csv_is_digit(text.back()));
}

std::string csv_plain_way(std::string_view text, const CsvOptions& options) {
  drop_sign(text);
  if (is_hexadecimal(text)) return "write it in the file as a plain number, not in hexadecimal";
  std::vector<std::string> extra;
  if (const std::string_view sign = take_currency(text); !sign.empty())
    extra.push_back(fmt::format("the currency sign '{}'", sign));
  if (text.ends_with('%')) {
    text = csv_trim(text.substr(0, text.size() - 1));
    extra.emplace_back("the percent sign");
  } else if (const std::string_view unit = take_unit(text); !unit.empty()) {
    extra.push_back(fmt::format("the unit '{}'", shown_text(unit)));
  }
  char decimal = '\0';
  if (const Groups marks = groups(text); marks.separator != '\0' &&
                                         marks.separator != marks.decimal &&
                                         !is_number(text, options.decimal)) {
    extra.push_back(fmt::format("the thousands separator {}", csv_written(marks.separator)));
    decimal = marks.decimal;
  } else if (!is_number(text, options.decimal)) {
    // Both marks are tried, because a number in groups is none here.
    decimal = is_number(text, '.') ? '.' : ',';
    if (!is_number(text, decimal)) return "";
  }
  std::string way = "write it in the file as a plain number";
  if (!extra.empty()) way += fmt::format(", without {}", fmt::join(extra, " and "));
  if (decimal == '\0' || decimal == options.decimal) return way;
  return decimal == options.delimiter
             ? fmt::format("{}, with the decimal mark {}", way, csv_written(options.decimal))
             : fmt::format("{}, and set the option decimal = {}", way, csv_written(decimal));
}

std::string csv_written(char c) { return c == '\t' ? "'\\t'" : fmt::format("'{}'", c); }

}  // namespace tapegrad::nn::detail
