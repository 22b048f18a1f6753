#include "nn/data/csv/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "autograd/base/fail.h"
#include "nn/data/csv/number.h"
#include "nn/data/csv/spelling.h"

namespace tapegrad::nn::detail {

namespace {

using Kind = CsvColumnPlan::Kind;
using Header = CsvOptions::Header;

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
  if (CsvScanner rest = scanner; !rest.next(fields)) refuse_empty();
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
  if (is_of_pandas(fields)) return true;
  bool marks = true;
  for (const auto& [text, line] : fields) {
    if (csv_looks_numeric(text, options_.decimal) || is_na(text)) return false;
    marks = marks && csv_is_usual_mark(text);
  }
  by_look_ = !marks;
  return by_look_;
}

// pandas numbers columns without names, and says "Unnamed: 0" for a name that was empty. An empty
// name before the numbers, which is that of the index, may be a missing value before numbers, too.
bool CsvPlan::is_of_pandas(const std::vector<CsvField>& fields) const {
  for (const CsvField& field : fields)
    if (field.text.starts_with("Unnamed: ")) return true;
  if (fields.size() < 2 || !fields[0].text.empty()) return false;
  for (std::size_t i = 1; i < fields.size(); ++i)
    if (fields[i].text != std::to_string(i - 1)) return false;
  refuse_numbered_names();
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
  while (std::ranges::any_of(columns, is_open) && scanner.next(fields)) {
    check_width(fields);
    for (CsvColumnPlan& column : columns) {
      const CsvField& field = fields[column.at];
      if (!is_open(column) || is_na(field.text) || csv_is_usual_mark(field.text)) continue;
      const bool classes = !csv_looks_numeric(field.text, options_.decimal);
      column.kind = classes ? Kind::classes : Kind::numbers;
      if (!classes || column.target) continue;
      if (options_.text == CsvOptions::Text::error) refuse_number(column, field);
      if (options_.text == CsvOptions::Text::drop) left_out.push_back(column.at);
    }
  }
  std::ranges::sort(left_out);
  std::erase_if(columns, [&](const CsvColumnPlan& column) {
    return std::ranges::binary_search(left_out, column.at);
  });
  if (columns.empty() || columns.front().target)
    fail<ValueError>("read_csv: '{}': the options usecols, drop and text leave no column{}", path_,
                     columns.empty() ? ""
                                     : " beside the target; to read that one alone, as values, "
                                       "leave the option target out");
  for (CsvColumnPlan& column : columns)
    if (is_open(column)) column.kind = Kind::numbers;
  if (by_look_ && std::ranges::none_of(columns, [](const CsvColumnPlan& column) {
        return column.kind == Kind::numbers;
      }))
    refuse_header("there is text in all columns", "");
}

void CsvPlan::check_left_out(const std::vector<CsvField>& fields) const {
  for (const std::size_t at : left_out) {
    const std::string_view text = fields[at].text;
    // What begins with a letter is text at once, also a word that from_chars knows, such as a
    // person called Nan.
    const bool word = !text.empty() && (text[0] | 32) >= 'a' && (text[0] | 32) <= 'z';
    if (!word && std::ranges::any_of(text, csv_is_digit) &&
        csv_looks_numeric(text, options_.decimal) && !is_na(text))
      refuse_left_out(at, fields[at]);
  }
}

bool CsvPlan::is_na(std::string_view text) const noexcept {
  return std::ranges::find(options_.na_values, text) != options_.na_values.end();
}

std::int64_t CsvPlan::code(CsvColumnPlan& column, const CsvField& field) const {
  if (const auto known = column.codes.find(field.text); known != column.codes.end())
    return known->second;
  const bool missing = is_na(field.text) || csv_is_usual_mark(field.text);
  if (column.named || missing ||
      (!column.listed && csv_looks_numeric(field.text, options_.decimal)))
    refuse_class(column, field);
  const auto number = static_cast<std::int64_t>(column.codes.size());
  column.codes.emplace(field.text, number);
  return number;
}

}  // namespace tapegrad::nn::detail
