#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "autograd/base/fail.h"
#include "nn/data/csv/columns.h"
#include "nn/data/csv/number.h"
#include "nn/data/csv/spelling.h"
#include "nn/data/shown_text.h"

// What is said of a CSV file that cannot be read: where, what was expected, what was found, and the
// way out.

namespace tapegrad::nn::detail {

namespace {

using Header = CsvOptions::Header;

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", shown_text(text)); }

// "set the option drop = {"id"}", or what to add to it if there is something in it already.
template <class List>
std::string entry(const char* option, const List& now, const std::string& item) {
  return now.empty() ? fmt::format("set the option {} = {{{}}}", option, item)
                     : fmt::format("add {} to the option {}", item, option);
}

}  // namespace

std::string CsvPlan::shown(std::size_t column) const {
  const bool named = column < header.size() && !header[column].empty() &&
                     std::ranges::count(header, header[column]) == 1;
  return named ? in_quotes(header[column]) : std::to_string(column);
}

// The option for a text that may be several fields, with another delimiter; empty if it is none.
std::string CsvPlan::delimiter_in(std::string_view text) const {
  for (const char c : {';', '\t', '|', ',', ' '})
    if (c != options_.delimiter && c != options_.decimal && text.find(c) != text.npos)
      return fmt::format("set the option delimiter = {} if that is more than one column",
                         csv_written(c));
  return "";
}

std::string CsvPlan::missing_way(std::string_view text) const {
  return entry("na_values", options_.na_values, in_quotes(text)) +
         (options_.dtype == DType::int64 ? " and dtype = float64" : "") +
         " if it marks a missing value";
}

std::string CsvPlan::no_numbers_way(std::size_t column) const {
  return fmt::format("{} to number its texts, or {} to leave the column out",
                     entry("classes", options_.classes, shown(column)),
                     entry("drop", options_.drop, shown(column)));
}

// For a field that is no number: what it may be, likeliest first, and the option for that.
std::string CsvPlan::way_out(const CsvColumnPlan& column, const CsvField& field) const {
  const std::string_view text = field.text;
  // A delimiter at the end of each line makes a column of nothing.
  if (text.empty() && column.at + 1 == width_ && !header.empty() && header.back().empty())
    return entry("drop", options_.drop, shown(column.at)) + " to leave the column out";
  if (csv_is_usual_mark(text)) return missing_way(text);
  const bool numeric = csv_looks_numeric(text, options_.decimal);
  double ignored = 0;
  if (numeric && options_.decimal != ',' && options_.delimiter != ',' &&
      text.find('.') == text.npos && csv_number(text, ',', ignored) != CsvNumber::none)
    return "set the option decimal = ',' if that is the decimal mark";
  // In a table of one column "5 kg" is rather two fields that were not cut.
  const bool uncut = width_ == 1 && text.find_first_of(" \t;|") != text.npos;
  const bool number = numeric || csv_has_number(text);
  std::string way = number && !uncut ? csv_plain_way(text, options_) : "";
  if (way.empty() && (numeric || width_ == 1))
    if (const std::string delimiter = delimiter_in(text); !delimiter.empty()) return delimiter;
  // What has a number is no mark, and na_values would throw the number away.
  if (!number) way = missing_way(text);
  if (!way.empty()) way += "; ";
  if (header.empty() && field.line == first_line_ && options_.header == Header::automatic)
    way = "set the option header = CsvOptions::Header::yes if this line holds names; else " + way;
  return way + no_numbers_way(column.at);
}

void CsvPlan::refuse(std::size_t column, const CsvField& field, const std::string& expected,
                     const std::string& way) const {
  const std::string name =
      column < header.size() ? fmt::format(" ({})", shown_text(header[column])) : "";
  fail<FileError>("read_csv: '{}', line {}, column {}{}: expected {}, found '{}'; {}", path_,
                  field.line, column + 1, name, expected, shown_text(field.text), way);
}

void CsvPlan::refuse_number(const CsvColumnPlan& column, const CsvField& field) const {
  const bool integers = options_.dtype == DType::int64;
  double wide = 0;
  std::int64_t whole = 0;
  const CsvNumber as_double = csv_number(field.text, options_.decimal, wide);
  const bool as_int64 = csv_number(field.text, options_.decimal, whole) == CsvNumber::good;
  std::string expected = integers ? "a whole number of 64 bits" : "a number";
  if (as_double == CsvNumber::none || (integers && csv_is_usual_mark(field.text)))
    refuse(column.at, field, expected, way_out(column, field));

  if (!integers) {
    float narrow = 0;
    const CsvNumber found = options_.dtype == DType::float64
                                ? as_double
                                : csv_number(field.text, options_.decimal, narrow);
    expected = found == CsvNumber::range
                   ? fmt::format("a number in the range of {}", options_.dtype)
                   : fmt::format("an integer that {} holds exactly", options_.dtype);
  }
  refuse(column.at, field, expected,
         as_double == CsvNumber::good ? "set the option dtype = float64"
         : as_int64                   ? "set the option dtype = int64"
                                      : no_numbers_way(column.at));
}

void CsvPlan::refuse_class(const CsvColumnPlan& column, const CsvField& field) const {
  if (column.named)
    refuse(column.at, field, "one of the names in the option classes", "add it there");
  if (is_na(field.text) || csv_is_usual_mark(field.text)) {
    const std::string own =
        "to make a class of it, give the option classes its name and the others";
    refuse(column.at, field, "a class",
           column.target ? own + ", else remove the row" : missing_way(field.text) + "; " + own);
  }
  refuse(column.at, field, "text as in the lines before",
         entry("classes", options_.classes, shown(column.at)) + " if it is the name of a class");
}

void CsvPlan::refuse_left_out(std::size_t column, const CsvField& field) const {
  refuse(column, field, "text as in the lines before", no_numbers_way(column));
}

void CsvPlan::refuse_width(const std::vector<CsvField>& fields) const {
  const std::string way = width_way(fields);
  fail<FileError>("read_csv: '{}', line {}: expected {} column{} as in line {}, found {}{}{}",
                  path_, fields[0].line, width_, width_ == 1 ? "" : "s", first_line_, fields.size(),
                  way.empty() ? "" : "; ", way);
}

// For a line of another width: what may be wrong with it or with the first one, likeliest first.
std::string CsvPlan::width_way(const std::vector<CsvField>& fields) const {
  if (std::string way = comment_way(fields); !way.empty()) return way;
  const std::string delimiter = csv_written(options_.delimiter);
  if (fields.size() == width_ + 1 && fields.back().text.empty())
    return fmt::format(
        "remove the {} at the end of the line, or write one at the end of line {}, too, and {}",
        delimiter, first_line_, entry("drop", options_.drop, std::to_string(width_)));
  if (fields.size() + 1 == width_ && !header.empty() && header.back().empty())
    return fmt::format("remove the {} at the end of line {}", delimiter, first_line_);
  if (width_ == 1) {
    const std::string way = delimiter_in(header.empty() ? "" : header[0]);
    return fmt::format("{}{}set the option skiprows = {} if line {} is a title", way,
                       way.empty() ? "" : ", or ", first_line_, first_line_);
  }
  if (fields.size() == 1)
    if (std::string way = delimiter_in(fields[0].text); !way.empty()) return way;
  if (fields.size() < width_ && options_.delimiter == ' ')
    return "a field without text needs a mark, such as NA, because all blanks between two fields "
           "are one delimiter; set the option delimiter = '\\t' if a tab is";
  if (fields.size() < width_)
    return fmt::format("write the fields that are missing as empty ones, each with its {}",
                       delimiter);
  if (options_.quotechar == '\0') return "";
  return fmt::format("a field that has {} inside must stand between {} and {}", delimiter,
                     options_.quotechar, options_.quotechar);
}

// A comment is not cut like the other lines: it has one field, or, between blanks, one a word.
std::string CsvPlan::comment_way(const std::vector<CsvField>& fields) const {
  std::string_view text;
  if (fields.size() == 1) {
    text = fields[0].text;
  } else if (!header.empty() && (width_ == 1 || options_.delimiter == ' ')) {
    text = header[0];
  }
  if (options_.comment != '\0' || !(text.starts_with('#') || text.starts_with('%'))) return "";
  return fmt::format("set the option comment = '{}' if that begins a comment", text[0]);
}

void CsvPlan::refuse_header(const char* why, const std::string& more) const {
  fail<FileError>(
      "read_csv: '{}', line {}: cannot tell whether this line holds names, because {}; set the "
      "option header = CsvOptions::Header::yes or ::no{}",
      path_, first_line_, why, more);
}

void CsvPlan::refuse_numbered_names() const {
  const bool dropped_already = std::ranges::any_of(
      options_.drop, [](const CsvColumn& column) { return !column.name && column.number == 0; });
  refuse_header(
      "an index and columns without names begin so, as does a row without its first value",
      dropped_already ? "" : ", and, to leave the index out, " + entry("drop", options_.drop, "0"));
}

void CsvPlan::refuse_empty() const {
  if (header.empty())
    fail<FileError>("read_csv: '{}': expected at least one line of numbers, found none", path_);
  fail<FileError>(
      "read_csv: '{}', line {}: expected at least one line of numbers after this line of names, "
      "found none; set the option header = CsvOptions::Header::no if it holds values",
      path_, first_line_);
}

}  // namespace tapegrad::nn::detail
