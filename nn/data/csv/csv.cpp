#include "nn/data/csv/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "nn/data/csv/columns.h"
#include "nn/data/csv/number.h"
#include "nn/data/csv/scan.h"
#include "nn/data/csv/spelling.h"
#include "nn/data/file.h"

namespace tapegrad::nn {

namespace {

using detail::CsvColumnPlan;
using detail::CsvField;
using detail::CsvNumber;
using detail::CsvPlan;
using detail::CsvScanner;
using Kind = CsvColumnPlan::Kind;

void check(const CsvOptions& options) {
  const std::pair<const char*, char> marks[] = {{"delimiter", options.delimiter},
                                                {"decimal", options.decimal},
                                                {"quotechar", options.quotechar},
                                                {"comment", options.comment}};
  for (const auto* mark = std::begin(marks); mark != std::end(marks); ++mark) {
    const auto& [name, c] = *mark;
    if (c == '\n' || c == '\r' || (c == '\0' && mark < marks + 2))
      fail<ValueError>("read_csv: the option {} cannot be the character {}", name, int{c});
    for (const auto* other = std::begin(marks); other != mark; ++other)
      if (other->second == c && c != '\0')
        fail<ValueError>("read_csv: the options {} and {} are both '{}'{}", other->first, name, c,
                         c == ',' ? "; most tables with a decimal comma need delimiter = ';'" : "");
  }
  if (options.decimal != '.' && options.decimal != ',')
    fail<ValueError>("read_csv: the option decimal must be '.' or ',', but is {}",
                     detail::csv_written(options.decimal));
  if (options.skiprows < 0)
    fail<ValueError>("read_csv: the option skiprows must be at least 0, but is {}",
                     options.skiprows);
  if (options.dtype != DType::float32 && options.dtype != DType::float64 &&
      options.dtype != DType::int64)
    fail<DTypeError>("read_csv: dtype must be float32, float64 or int64, but is {}", options.dtype);
  if (options.dtype == DType::int64 && !options.na_values.empty())
    fail<DTypeError>(
        "read_csv: na_values become NaN, which int64 does not have; set the option dtype = "
        "float64");
}

template <class T>
class Parser {
 public:
  Parser(const CsvOptions& options, CsvPlan& plan)
      : options_(options), plan_(plan), has_na_(!options.na_values.empty()) {}

  CsvTable parse(CsvScanner& scanner) {
    auto& columns = plan_.columns;
    CsvColumnPlan* const target = columns.back().target ? &columns.back() : nullptr;
    const std::size_t width = columns.size() - (target ? 1 : 0);
    std::vector<T> values, target_values;
    std::vector<std::int64_t> target_codes;
    std::int64_t rows = 0;
    for (std::vector<CsvField> fields; scanner.next(fields); ++rows) {
      plan_.check_width(fields);
      plan_.check_left_out(fields);
      for (std::size_t i = 0; i < width; ++i)
        values.push_back(value(columns[i], fields[columns[i].at]));
      if (!target) continue;
      if (target->kind == Kind::classes) {
        target_codes.push_back(plan_.code(*target, fields[target->at]));
      } else {
        target_values.push_back(value(*target, fields[target->at]));
      }
    }

    CsvTable table;
    table.classes.resize(width);
    for (std::size_t i = 0; i < width; ++i) {
      if (!plan_.header.empty()) table.columns.push_back(plan_.header[columns[i].at]);
      if (columns[i].kind == Kind::classes)
        renumber(columns[i].sort(table.classes[i], options_.decimal), values, i, width);
    }
    if (target && target->kind == Kind::classes) {
      renumber(target->sort(table.target_classes, options_.decimal), target_codes, 0, 1);
      table.target = tensor(target_codes, {rows});
    } else if (target) {
      table.target = tensor(target_values, {rows});
    }
    table.values = tensor(values, {rows, static_cast<std::int64_t>(width)});
    return table;
  }

 private:
  T value(CsvColumnPlan& column, const CsvField& field) const {
    if constexpr (std::is_floating_point_v<T>)
      if (has_na_ && plan_.is_na(field.text)) return std::numeric_limits<T>::quiet_NaN();
    if (column.kind == Kind::classes) return static_cast<T>(plan_.code(column, field));
    T value{};
    if (detail::csv_number(field.text, options_.decimal, value) != CsvNumber::good)
      plan_.refuse_number(column, field);
    return value;
  }

  template <class Number>
  static void renumber(const std::vector<std::int64_t>& place, std::vector<Number>& values,
                       std::size_t first, std::size_t step) {
    for (std::size_t i = first; i < values.size(); i += step)
      if (values[i] == values[i])  // a missing class stays NaN
        values[i] = static_cast<Number>(place[static_cast<std::size_t>(values[i])]);
  }

  const CsvOptions& options_;
  CsvPlan& plan_;
  bool has_na_;
};

}  // namespace

Tensor CsvTable::column(const std::string& name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end())
    fail<ValueError>("CsvTable: there is no column '{}'; there are: {}", name,
                     fmt::join(columns, ", "));
  if (std::ranges::count(columns, name) > 1)
    fail<ValueError>(
        "CsvTable: there is more than one column '{}'; select(values, 1, number) takes "
        "one by its number",
        name);
  return select(values, 1, found - columns.begin());
}

CsvTable read_csv(const std::string& path, const CsvOptions& options) try {
  check(options);
  detail::InputFile file("read_csv", path, {.max_bytes = options.max_bytes});
  const std::string text = file.read_all<std::string>();
  CsvScanner scanner(path, text, options);
  CsvPlan plan(path, options, scanner);
  switch (options.dtype) {
    case DType::float32:
      return Parser<float>(options, plan).parse(scanner);
    case DType::float64:
      return Parser<double>(options, plan).parse(scanner);
    default:
      return Parser<std::int64_t>(options, plan).parse(scanner);
  }
} catch (...) {
  tapegrad::detail::rethrow_for("read_csv");
}

}  // namespace tapegrad::nn
