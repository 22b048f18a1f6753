#include "nn/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"
#include "nn/data_file.h"

namespace tapegrad::nn {

namespace {

std::string_view trim(std::string_view text) {
  const std::string_view blanks = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// Takes the text up to `end`, and `end` itself, off the front.
std::string_view take(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return front;
}

std::vector<std::string_view> fields_of(std::string_view line, char delimiter) {
  std::vector<std::string_view> fields;
  for (bool more = true; more;) {
    more = line.find(delimiter) != std::string_view::npos;
    fields.push_back(trim(take(line, delimiter)));
  }
  return fields;
}

// from_chars, because it does not depend on the locale of the host program.
template <class T>
std::optional<T> number(std::string_view text) {
  // Read as double, so that a number too small for float is 0 and not an error.
  using Wide = std::conditional_t<std::is_floating_point_v<T>, double, T>;
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Wide value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  if constexpr (std::is_same_v<T, float>)
    if (std::isfinite(value) && std::abs(value) > std::numeric_limits<float>::max()) return {};
  return static_cast<T>(value);
}

// The text between quotes; all of it where there are none.
std::string_view unquote(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// Whether `text` is meant as a number, be it one that does not fit the type that is asked for, or
// in a spelling that is not read here ("1,5", "1'000", "0x10", "5%", a number in quotes), or with
// another delimiter than was asked for ("1;2").
bool looks_numeric(std::string_view text) {
  text = trim(unquote(text));
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  double ignored = 0;
  const char* end = text.data() + text.size();
  if (!text.empty() && std::from_chars(text.data(), end, ignored).ptr == end) return true;
  std::string_view more = ".,'_% ;\t|";
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    more = "abcdefABCDEF";
  }
  bool digit = false;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && more.find(c) == std::string_view::npos) return false;
    digit = digit || is_digit;
  }
  return digit;
}

// A line of names. A line with a single number is one of values, so that a mistake in it is
// reported and the row not lost.
bool is_header(const std::vector<std::string_view>& fields) {
  return std::ranges::none_of(fields, looks_numeric) &&
         std::ranges::any_of(fields, [](std::string_view field) { return !field.empty(); });
}

// What a field of `T` must be, for the message about `text`, which is not.
template <class T>
std::string expected(std::string_view text) {
  if constexpr (std::is_integral_v<T>) return "a whole number of 64 bits";
  double ignored = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, ignored);
  const bool number = !text.empty() && stop == end;
  return number ? fmt::format("a number in the range of {}", dtype_of<T>) : "a number";
}

template <class T>
CsvTable parse(const std::string& path, std::string_view text, const CsvOptions& options) {
  using Header = CsvOptions::Header;
  CsvTable table;
  std::vector<T> values;
  std::size_t width = 0;
  std::int64_t rows = 0;
  const std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view content = take(text, '\n');
    if (trim(content).empty()) continue;
    const auto fields = fields_of(content, options.delimiter);
    if (width == 0) {
      width = fields.size();
      if (options.header == Header::yes ||
          (options.header == Header::automatic && is_header(fields))) {
        for (const std::string_view field : fields) table.columns.emplace_back(unquote(field));
        continue;
      }
    }
    if (fields.size() != width)
      fail<FileError>(
          "read_csv: '{}', line {}: expected {} columns as in the lines before, found {}", path,
          line, width, fields.size());
    for (std::size_t i = 0; i < width; ++i) {
      const auto value = number<T>(fields[i]);
      if (!value) {
        const std::string name =
            i < table.columns.size() ? fmt::format(" ({})", table.columns[i]) : "";
        const bool first = rows == 0 && options.header == Header::automatic && name.empty();
        const bool delimited = width == 1 && fields[i].find_first_of(";\t|") != fields[i].npos;
        const char* hint = delimited ? "; if that is more than one column, set the option delimiter"
                           : first   ? "; if this line holds names, set the option header to yes"
                                     : "";
        fail<FileError>("read_csv: '{}', line {}, column {}{}: expected {}, found '{}'{}", path,
                        line, i + 1, name, expected<T>(fields[i]), fields[i].substr(0, 40), hint);
      }
      values.push_back(*value);
    }
    ++rows;
  }
  if (rows == 0)
    fail<FileError>("read_csv: '{}': expected at least one line of numbers, found none", path);
  table.values = tensor(values, {rows, static_cast<std::int64_t>(width)});
  return table;
}

}  // namespace

Tensor CsvTable::column(const std::string& name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end())
    fail<ValueError>("CsvTable: there is no column '{}'; there are: {}", name,
                     fmt::join(columns, ", "));
  return select(values, 1, found - columns.begin());
}

CsvTable read_csv(const std::string& path, const CsvOptions& options) {
  detail::InputFile file("read_csv", path);
  const std::string text = file.read_rest();
  switch (options.dtype) {
    case DType::float32:
      return parse<float>(path, text, options);
    case DType::float64:
      return parse<double>(path, text, options);
    case DType::int64:
      return parse<std::int64_t>(path, text, options);
    default:
      fail<DTypeError>("read_csv: dtype must be float32, float64 or int64, but is {}",
                       options.dtype);
  }
}

}  // namespace tapegrad::nn
