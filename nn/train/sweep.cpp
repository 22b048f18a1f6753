#include "nn/train/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "autograd/base/fail.h"
#include "nn/train/csv_field.h"

namespace tapegrad::nn {

namespace {

void check_axes(const std::vector<SweepAxis>& axes) {
  if (axes.empty()) fail<ValueError>("sweep: there is nothing to vary; give at least one axis");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].values.empty())
      fail<ValueError>("sweep: the axis '{}' has no values", axes[i].name);
    for (std::size_t j = 0; j < i; ++j)
      if (axes[j].name == axes[i].name)
        fail<ValueError>("sweep: two axes are called '{}'", axes[i].name);
  }
}

/// The point number `index`; the last axis goes fastest.
SweepPoint point_of(const std::vector<SweepAxis>& axes, std::size_t index) {
  std::vector<std::pair<std::string, SweepValue>> values;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    values.emplace_back(axis->name, axis->values[index % axis->values.size()]);
    index /= axis->values.size();
  }
  std::ranges::reverse(values);
  return SweepPoint(std::move(values));
}

std::string sweep_number(double value) {
  return std::isnan(value) ? "nan" : fmt::format("{:.6g}", value);
}

}  // namespace

std::string SweepValue::str() const {
  const double* value = number();
  return value ? fmt::format("{}", *value) : std::get<std::string>(value_);
}

const SweepValue& SweepPoint::find(std::string_view axis) const {
  const auto found =
      std::ranges::find_if(values_, [&](const auto& value) { return value.first == axis; });
  if (found != values_.end()) return found->second;
  std::string names;
  for (const auto& value : values_) names += (names.empty() ? "'" : ", '") + value.first + "'";
  fail<ValueError>("sweep: there is no axis '{}'; there are {}", axis, names);
}

double SweepPoint::number(std::string_view axis) const {
  const SweepValue& value = find(axis);
  if (!value.number())
    fail<ValueError>("sweep: '{}' is the text '{}', and no number", axis, value.str());
  return *value.number();
}

std::int64_t SweepPoint::integer(std::string_view axis) const {
  const double value = number(axis);
  // The next double is out of range.
  if (value != std::floor(value) || std::abs(value) >= 0x1p63)
    fail<ValueError>("sweep: '{}' is {}, and no integer", axis, value);
  return static_cast<std::int64_t>(value);
}

const std::string& SweepPoint::text(std::string_view axis) const {
  const SweepValue& value = find(axis);
  if (!value.text())
    fail<ValueError>("sweep: '{}' is the number {}, and no text", axis, value.str());
  return *value.text();
}

const SweepRun& SweepResult::best() const {
  if (runs.empty()) fail<ValueError>("sweep: there is no run");
  return *std::ranges::min_element(
      runs, [&](const SweepRun& a, const SweepRun& b) { return better(a.result, b.result); });
}

bool SweepResult::better(double a, double b) const {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a);
  return options.max ? a > b : a < b;
}

std::vector<const SweepRun*> SweepResult::ranked() const {
  std::vector<const SweepRun*> order;
  for (const SweepRun& run : runs) order.push_back(&run);
  std::ranges::sort(order, [&](const SweepRun* a, const SweepRun* b) {
    return better(a->result, b->result) || (!better(b->result, a->result) && a < b);
  });
  return order;
}

std::vector<std::vector<std::string>> detail::sweep_rows(const SweepResult& found) {
  std::vector<std::vector<std::string>> rows(1);
  for (const SweepAxis& axis : found.axes) rows[0].push_back(axis.name);
  rows[0].push_back(found.options.result);
  for (const SweepRun* run : found.ranked()) {
    std::vector<std::string>& row = rows.emplace_back();
    for (const auto& value : run->point.values()) row.push_back(value.second.str());
    row.push_back(sweep_number(run->result));
  }
  return rows;
}

std::string SweepResult::table() const {
  const std::vector<std::vector<std::string>> rows = detail::sweep_rows(*this);
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, other[column].size());
      text += fmt::format("{}{:>{}}", column > 0 ? "  " : "", row[column], width);
    }
    text += &row == &rows[1] ? "  best\n" : "\n";
  }
  return text;
}

std::string SweepResult::csv() const {
  std::string text;
  for (const SweepAxis& axis : axes) text += detail::csv_field(axis.name) + ',';
  text += detail::csv_field(options.result) + '\n';
  for (const SweepRun& run : runs) {
    for (const auto& value : run.point.values())
      text += detail::csv_field(value.second.str()) + ',';
    text += (std::isnan(run.result) ? "nan" : fmt::format("{}", run.result)) + '\n';
  }
  return text;
}

SweepResult sweep(std::vector<SweepAxis> axes, const std::function<double(const SweepPoint&)>& run,
                  const SweepOptions& options) {
  check_axes(axes);
  SweepResult found{.axes = std::move(axes), .runs = {}, .options = options};
  const std::size_t points =
      std::accumulate(found.axes.begin(), found.axes.end(), std::size_t(1),
                      [](std::size_t n, const SweepAxis& axis) { return n * axis.values.size(); });
  for (std::size_t i = 0; i < points; ++i) {
    SweepPoint point = point_of(found.axes, i);
    const double result = run(point);
    found.runs.push_back({std::move(point), result});
    if (!options.progress) continue;
    std::string line = fmt::format("{:>{}}/{}", i + 1, fmt::formatted_size("{}", points), points);
    for (const auto& [name, value] : found.runs.back().point.values())
      line += fmt::format("  {} {}", name, value.str());
    fmt::print(options.progress, "{}  {} {}\n", line, options.result, sweep_number(result));
    std::fflush(options.progress);
  }
  return found;
}

}  // namespace tapegrad::nn
