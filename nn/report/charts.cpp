#include "nn/report/charts.h"

#include <fmt/format.h>

#include <cmath>

#include "autograd/base/fail.h"
#include "nn/report/spec_parts.h"

namespace tapegrad::report::detail {

namespace {

constexpr std::int64_t kMostCells = 200 * 200;

/// The names of rows or columns; their numbers where there are none.
Json cell_names(const SpecWriter& writer, const char* what, const std::vector<std::string>& names,
                std::int64_t count) {
  if (!names.empty() && std::ssize(names) != count)
    fail<ShapeError>("{}: there are {} {}, but {} names of them", writer.where(), count, what,
                     names.size());
  Json list = Json::array();
  for (std::int64_t i = 0; i < count; ++i)
    list.push_back(names.empty() ? std::to_string(i) : names[static_cast<std::size_t>(i)]);
  return list;
}

Json panel_spec(SpecWriter& writer, const std::string& title, const std::vector<Series>& series,
                const std::vector<Mark>& marks, const Axis& x, const Axis& y) {
  return {{"title", title},
          {"series", writer.all_series(series, x, y)},
          {"marks", writer.marks(marks)}};
}

}  // namespace

Spec spec_of(const Lines& lines) {
  SpecWriter writer("Lines", lines.title);
  Json json{{"x", writer.axis(lines.x)}, {"y", writer.axis(lines.y)}};
  // Not braces alone: around one value of JSON these are a list to gcc, and nothing to clang.
  json["panels"] =
      Json::array({panel_spec(writer, "", lines.series, lines.marks, lines.x, lines.y)});
  return writer.finish(lines.caption, "panels", json);
}

Spec spec_of(const Panels& panels) {
  SpecWriter writer("Panels", panels.title);
  Json json{{"x", writer.axis(panels.x)}, {"y", writer.axis(panels.y)}};
  json["panels"] = Json::array();
  for (const Panel& panel : panels.panels)
    json["panels"].push_back(
        panel_spec(writer, panel.title, panel.series, panel.marks, panels.x, panels.y));
  return writer.finish(panels.caption, "panels", json);
}

Spec spec_of(const Scatter& scatter) {
  SpecWriter writer("Scatter", scatter.title);
  const Json json{
      {"x", writer.axis(scatter.x)},
      {"y", writer.axis(scatter.y)},
      {"points", writer.classed_points(scatter.points, scatter.classes, scatter.class_names)},
      {"lines", writer.all_series(scatter.lines, scatter.x, scatter.y)}};
  return writer.finish(scatter.caption, "scatter", json);
}

Spec spec_of(const Bars& bars) {
  SpecWriter writer("Bars", bars.title);
  Json list = Json::array();
  for (const Bar& bar : bars.bars) {
    if (bar.low.has_value() != bar.high.has_value())
      fail<ValueError>("{} has one end of its interval alone: give both, low and high",
                       writer.where("the bar", bar.name));
    writer.note(bar.name, {bar.value}, bars.axis);
    Json each{{"name", bar.name},
              {"value", number(bar.value)},
              {"colour", bar.colour.empty() ? bar.name : bar.colour}};
    if (bar.low) {
      each["low"] = number(*bar.low);
      each["high"] = number(*bar.high);
    }
    list.push_back(std::move(each));
  }
  if (bars.axis.log && bars.from_zero)
    fail<ValueError>("{}: bars from 0 have no logarithmic axis; set from_zero = false",
                     writer.where());
  return writer.finish(
      bars.caption, "bars",
      {{"axis", writer.axis(bars.axis)}, {"from_zero", bars.from_zero}, {"bars", std::move(list)}});
}

Spec spec_of(const Matrix& matrix) {
  SpecWriter writer("Matrix", matrix.title);
  if (matrix.values.dim() != 2 || matrix.values.numel() > kMostCells)
    fail<ShapeError>("{}: a matrix has two dimensions and up to {} elements, not {}",
                     writer.where(), kMostCells, matrix.values.shape());
  const std::int64_t rows = matrix.values.size(0), columns = matrix.values.size(1);
  if (matrix.confusion && rows != columns)
    fail<ShapeError>("{}: a confusion matrix has as many rows as columns, not {}", writer.where(),
                     matrix.values.shape());
  const Numbers values(matrix.values);
  writer.note("the matrix", values, {});
  return writer.finish(
      matrix.caption, "matrix",
      {{"rows", matrix.rows},
       {"columns", matrix.columns},
       {"row_names", cell_names(writer, "rows", matrix.row_names, rows)},
       {"column_names", cell_names(writer, "columns", matrix.column_names, columns)},
       {"confusion", matrix.confusion},
       {"values", numbers(values)}});
}

Spec spec_of(const Fit& fit) {
  SpecWriter writer("Fit", fit.title);
  writer.require_length(writer.where(), "points_y", fit.points_y, fit.points_x.size(), false);
  Axis residual = fit.y;
  residual.log = false;
  const Series points{
      .name = fit.points_name, .x = fit.points_x, .y = fit.points_y, .line = Line::none};
  Json curves = Json::array(), residuals = Json::array();
  for (const Curve& curve : fit.curves) {
    const Series line{
        .name = curve.name, .x = curve.x, .y = curve.y, .colour = curve.colour, .line = curve.line};
    writer.require_length(writer.where("the curve", curve.name), "x", curve.x, curve.y.size());
    curves.push_back(writer.series(line, fit.x, fit.y));
    writer.require_length(writer.where("the curve", curve.name), "fitted", curve.fitted,
                          fit.points_y.size());
    if (curve.fitted.empty()) continue;
    std::vector<double> left;
    for (std::size_t i = 0; i < curve.fitted.size(); ++i)
      left.push_back(fit.points_y[i] - curve.fitted[i]);
    residuals.push_back(writer.series({.name = curve.name,
                                       .x = fit.points_x,
                                       .y = std::move(left),
                                       .colour = curve.colour,
                                       .line = Line::none},
                                      fit.x, residual));
  }
  Json drawn = writer.series(points, fit.x, fit.y);
  drawn["colour"] = "";  // what was given stands back
  return writer.finish(fit.caption, "fit",
                       {{"x", writer.axis(fit.x)},
                        {"y", writer.axis(fit.y)},
                        {"points", std::move(drawn)},
                        {"curves", std::move(curves)},
                        {"residuals", std::move(residuals)}});
}

}  // namespace tapegrad::report::detail
