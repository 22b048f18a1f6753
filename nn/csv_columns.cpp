#include "nn/csv_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

#include "autograd/tensor/fail.h"
#include "nn/csv_number.h"

namespace tapegrad::nn::detail {

namespace {

using Kind = CsvColumnPlan::Kind;
using Header = CsvOptions::Header;

// What marks a missing value in most tables. It becomes one only if the options say so.
constexpr std::array<std::string_view, 14> kUsualMarks = {
    "", "?", "-", ".", "NA", "N/A", "n/a", "#N/A", "<NA>", "NULL", "null", "None", "NaN", "nan"};

bool is_usual_mark(std::string_view text) {
  return std::ranges::find(kUsualMarks, text) != kUsualMarks.end();
}

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", csv_shown(text)); }

std::string written(char c) { return c == '\t' ? "'\\t'" : fmt::format("'{}'", c); }

// "set the option drop = {"id"}", or what to add to it if there is something in it already.
template <class List>
std::string entry(const char* option, const List& now, const std::string& item) {
  return now.empty() ? fmt::format("set the option {} = {{{}}}", option, item)
                     : fmt::format("add {} to the option {}", item, option);
}

}  // namespace

std::vector<std::int64_t> CsvColumnPlan::sort(std::vector<std::string>& names, char decimal) const {
  std::vector<std::int64_t> order, place(codes.size());
  std::vector<std::string> texts(codes.size());
  std::vector<double> values(codes.size());
  bool numbers = true;
  for (const auto& [text, number] : codes) {
    const auto i = static_cast<std::size_t>(number);
    texts[i] = text;
    order.push_back(number);  // a map is sorted by text
    numbers = numbers && csv_number(text, decimal, values[i]) == CsvNumber::good;
  }
  if (named) {
    std::ranges::sort(order);
  } else if (numbers) {
    std::ranges::sort(order, {}, [&](std::int64_t number) {
      const auto i = static_cast<std::size_t>(number);
      return std::tie(values[i], texts[i]);
    });
  }
  for (const std::int64_t number : order) {
    place[static_cast<std::size_t>(number)] = static_cast<std::int64_t>(names.size());
    names.push_back(texts[static_cast<std::size_t>(number)]);
  }
  return place;
}

CsvPlan::CsvPlan(const std::string& path, const CsvOptions& options, CsvScanner& scanner)
    : path_(path), options_(options) {
  CsvScanner ahead = scanner;
  std::vector<CsvField> fields;
  if (ahead.next(fields)) {
    width_ = fields.size();
    first_line_ = fields[0].line;
    if (is_header(fields)) {
      for (const CsvField& field : fields) header.emplace_back(field.text);
      scanner = ahead;
    }
  }
  if (CsvScanner rest = scanner; !rest.next(fields))
    fail<FileError>("read_csv: '{}': expected at least one line of numbers, found none", path);
  choose_columns();
  find_kinds(scanner);
}

// A line of names. A line with a single number is one of values, so that a mistake in it is
// reported and the row not lost.
bool CsvPlan::is_header(const std::vector<CsvField>& fields) {
  if (options_.header != Header::automatic) return options_.header == Header::yes;
  const auto stands_here = [&](const CsvColumn& column) {
    return column.name && std::ranges::find(fields, *column.name, &CsvField::text) != fields.end();
  };
  const auto any = [&](const auto& list) { return std::ranges::any_of(list, stands_here); };
  if (any(options_.usecols) || any(options_.drop) ||
      (options_.target && stands_here(*options_.target)))
    return true;
  for (const CsvClasses& classes : options_.classes)
    if (stands_here(classes.column)) return true;
  bool marks = true;
  for (const auto& [text, line] : fields) {
    if (csv_looks_numeric(text, options_.decimal) || is_na(text)) return false;
    marks = marks && is_usual_mark(text);
  }
  by_look_ = !marks;
  return by_look_;
}

std::size_t CsvPlan::find(const CsvColumn& column, const char* option) const {
  const auto width = static_cast<std::int64_t>(width_);
  if (!column.name) {
    if (column.number < -width || column.number >= width)
      fail<ValueError>(
          "read_csv: '{}': the option {} names column {}, but there are {}, from 0 to {}", path_,
          option, column.number, width, width - 1);
    return static_cast<std::size_t>(column.number < 0 ? column.number + width : column.number);
  }
  if (header.empty())
    fail<ValueError>(
        "read_csv: '{}': the option {} names a column '{}', but line {} holds values, no names; "
        "give the column's number, from 0, or set the option header = CsvOptions::Header::yes",
        path_, option, *column.name, first_line_);
  const auto found = std::ranges::find(header, *column.name);
  if (found == header.end())
    fail<ValueError>("read_csv: '{}': the option {} names a column '{}'; there are: {}", path_,
                     option, *column.name, fmt::join(header, ", "));
  if (std::ranges::count(header, *column.name) > 1)
    fail<ValueError>(
        "read_csv: '{}': the option {} names a column '{}', which is there more than once; give "
        "the column's number, from 0",
        path_, option, *column.name);
  return static_cast<std::size_t>(found - header.begin());
}

void CsvPlan::choose_columns() {
  std::set<std::size_t> seen, dropped;
  for (const CsvColumn& column : options_.drop) dropped.insert(find(column, "drop"));
  const auto once = [&](std::size_t at, const char* option) {
    if (!seen.insert(at).second)
      fail<ValueError>("read_csv: '{}': the option {} names column {} twice", path_, option,
                       shown(at));
  };
  std::vector<std::size_t> used(width_);
  std::iota(used.begin(), used.end(), std::size_t{0});
  if (!options_.usecols.empty()) {
    used.clear();
    for (const CsvColumn& column : options_.usecols) {
      used.push_back(find(column, "usecols"));
      once(used.back(), "usecols");
    }
  }
  const std::size_t target = options_.target ? find(*options_.target, "target") : width_;
  if (dropped.contains(target))
    fail<ValueError>("read_csv: '{}': column {} is in the options target and drop", path_,
                     shown(target));
  for (const std::size_t at : used)
    if (at != target && !dropped.contains(at)) columns.push_back({.at = at});
  if (target != width_) columns.push_back({.at = target, .target = true});
  seen.clear();
  for (const CsvClasses& classes : options_.classes) {
    const std::size_t at = find(classes.column, "classes");
    once(at, "classes");
    const auto column = std::ranges::find(columns, at, &CsvColumnPlan::at);
    if (column == columns.end())
      fail<ValueError>("read_csv: '{}': column {} is in the option classes, but not read", path_,
                       shown(at));
    column->kind = Kind::classes;
    column->listed = true;
    column->named = !classes.names.empty();
    for (const std::string& name : classes.names)
      if (!column->codes.emplace(name, static_cast<std::int64_t>(column->codes.size())).second)
        fail<ValueError>("read_csv: '{}': the option classes has '{}' twice for column {}", path_,
                         name, shown(at));
  }
}

// By the first field of each column that is not missing: mostly the first row tells all.
void CsvPlan::find_kinds(CsvScanner scanner) {
  std::vector<CsvField> fields;
  const auto is_open = [](const CsvColumnPlan& column) { return column.kind == Kind::open; };
  std::vector<std::size_t> text;
  while (std::ranges::any_of(columns, is_open) && scanner.next(fields)) {
    check_width(fields);
    for (CsvColumnPlan& column : columns) {
      const CsvField& field = fields[column.at];
      if (!is_open(column) || is_na(field.text) || is_usual_mark(field.text)) continue;
      const bool classes = !csv_looks_numeric(field.text, options_.decimal);
      column.kind = classes ? Kind::classes : Kind::numbers;
      if (!classes || column.target) continue;
      if (options_.text == CsvOptions::Text::error) refuse_number(column, field);
      if (options_.text == CsvOptions::Text::drop) text.push_back(column.at);
    }
  }
  std::erase_if(columns, [&](const CsvColumnPlan& column) {
    return std::ranges::find(text, column.at) != text.end();
  });
  if (columns.empty())
    fail<ValueError>("read_csv: '{}': the options usecols, drop and text leave no column", path_);
  for (CsvColumnPlan& column : columns)
    if (is_open(column)) column.kind = Kind::numbers;
  if (by_look_ && std::ranges::none_of(columns, [](const CsvColumnPlan& column) {
        return column.kind == Kind::numbers;
      }))
    fail<FileError>(
        "read_csv: '{}', line {}: cannot tell whether this line holds names, because there is text "
        "in all columns; set the option header = CsvOptions::Header::yes or ::no",
        path_, first_line_);
}

void CsvPlan::check_width(const std::vector<CsvField>& fields) const {
  if (fields.size() == width_) return;
  std::string way;
  if (width_ == 1 || fields.size() == 1) {
    // A line of a single field is not like the others: a title, a comment, or not yet cut.
    const bool first = width_ == 1;
    std::string_view text;
    if (!first) {
      text = fields[0].text;
    } else if (!header.empty()) {
      text = header[0];
    }
    way = delimiter_in(text);
    if (options_.comment == '\0' && (text.starts_with('#') || text.starts_with('%'))) {
      way = fmt::format("set the option comment = '{}' if that begins a comment", text[0]);
    } else if (first) {
      way += fmt::format("{}set the option skiprows = {} if line {} is a title",
                         way.empty() ? "" : ", or ", first_line_, first_line_);
    }
  }
  if (way.empty() && options_.quotechar != '\0')
    way = fmt::format("a field that has {} inside must stand between {} and {}",
                      written(options_.delimiter), options_.quotechar, options_.quotechar);
  fail<FileError>("read_csv: '{}', line {}: expected {} column{} as in line {}, found {}{}{}",
                  path_, fields[0].line, width_, width_ == 1 ? "" : "s", first_line_, fields.size(),
                  way.empty() ? "" : "; ", way);
}

// The option for a text that may be several fields, with another delimiter; empty if it is none.
std::string CsvPlan::delimiter_in(std::string_view text) const {
  for (const char c : {';', '\t', '|', ',', ' '})
    if (c != options_.delimiter && c != options_.decimal && text.find(c) != text.npos)
      return fmt::format("set the option delimiter = {} if that is more than one column",
                         written(c));
  return "";
}

bool CsvPlan::is_na(std::string_view text) const noexcept {
  return std::ranges::find(options_.na_values, text) != options_.na_values.end();
}

std::int64_t CsvPlan::code(CsvColumnPlan& column, const CsvField& field) const {
  if (const auto known = column.codes.find(field.text); known != column.codes.end())
    return known->second;
  if (column.named) {
    refuse(column.at, field, "one of the names in the option classes", "add it there");
  } else if (is_na(field.text) || is_usual_mark(field.text)) {
    const std::string own =
        "to make a class of it, give the option classes its name and the others";
    refuse(column.at, field, "a class",
           column.target ? own + ", else remove the row"
                         : entry("na_values", options_.na_values, quoted(field.text)) +
                               " if it marks a missing value; " + own);
  } else if (!column.listed && csv_looks_numeric(field.text, options_.decimal)) {
    refuse(column.at, field, "text as in the lines before",
           entry("classes", options_.classes, shown(column.at)) + " if it is the name of a class");
  }
  const auto number = static_cast<std::int64_t>(column.codes.size());
  column.codes.emplace(field.text, number);
  return number;
}

std::string CsvPlan::shown(std::size_t column) const {
  const bool named = column < header.size() && !header[column].empty() &&
                     std::ranges::count(header, header[column]) == 1;
  return named ? quoted(header[column]) : std::to_string(column);
}

void CsvPlan::refuse(std::size_t column, const CsvField& field, const std::string& expected,
                     const std::string& way) const {
  const std::string name =
      column < header.size() ? fmt::format(" ({})", csv_shown(header[column])) : "";
  fail<FileError>("read_csv: '{}', line {}, column {}{}: expected {}, found '{}'; {}", path_,
                  field.line, column + 1, name, expected, csv_shown(field.text), way);
}

void CsvPlan::refuse_number(const CsvColumnPlan& column, const CsvField& field) const {
  const bool integers = options_.dtype == DType::int64;
  double wide = 0;
  std::int64_t whole = 0;
  const CsvNumber as_double = csv_number(field.text, options_.decimal, wide);
  const bool as_int64 = csv_number(field.text, options_.decimal, whole) == CsvNumber::good;
  std::string expected = integers ? "a whole number of 64 bits" : "a number";
  if (as_double == CsvNumber::none || (integers && is_usual_mark(field.text)))
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
  const std::string other = as_double == CsvNumber::good ? "set the option dtype = float64"
                            : as_int64                   ? "set the option dtype = int64"
                                                         : "";
  refuse(column.at, field, expected,
         !other.empty() ? other
                        : entry("drop", options_.drop, shown(column.at)) +
                              " to leave the column out, or classes to number its texts");
}

// For a field that is no number: what it may be, likeliest first, and the option for that.
std::string CsvPlan::way_out(const CsvColumnPlan& column, const CsvField& field) const {
  const std::string_view text = field.text;
  const std::string missing = entry("na_values", options_.na_values, quoted(text)) +
                              (options_.dtype == DType::int64 ? " and dtype = float64" : "") +
                              " if it marks a missing value";
  if (is_usual_mark(text)) return missing;
  const bool numeric = csv_looks_numeric(text, options_.decimal);
  double ignored = 0;
  if (numeric && options_.decimal != ',' && options_.delimiter != ',' &&
      text.find('.') == text.npos && csv_number(text, ',', ignored) != CsvNumber::none)
    return "set the option decimal = ',' if that is the decimal mark";
  if (numeric || width_ == 1)
    if (const std::string delimiter = delimiter_in(text); !delimiter.empty()) return delimiter;
  const std::string at = shown(column.at);
  std::string way = missing;
  if (header.empty() && field.line == first_line_ && options_.header == Header::automatic)
    way = "set the option header = CsvOptions::Header::yes if this line holds names; else " + way;
  return fmt::format("{}; {} to number its texts, or {} to leave the column out", way,
                     entry("classes", options_.classes, at), entry("drop", options_.drop, at));
}

}  // namespace tapegrad::nn::detail
