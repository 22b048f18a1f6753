#include "nn/report/search_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "nn/report/drawn_history.h"

namespace tapegrad::nn {

using report::Page;

namespace {

/// The runs that one line goes through.
struct SweepLine {
  std::string name = {};
  std::vector<std::pair<double, double>> points = {};  // where, and what came out
  std::optional<double> shade = {};
};

/// The lines of one small chart.
struct SweepPanel {
  std::string name = {};
  std::vector<SweepLine> lines = {};
};

/// The part of that name; a new one where there is none.
template <class Part>
Part& part_of(std::vector<Part>& parts, const std::string& name) {
  const auto found = std::ranges::find(parts, name, &Part::name);
  return found != parts.end() ? *found : parts.emplace_back(Part{.name = name});
}

/// What is drawn of a sweep, and where.
class SweepPicture {
 public:
  SweepPicture(const SweepResult& found, const std::string& title) : found_(found), title_(title) {
    for (const SweepRun& run : found.runs)
      if (run.point.values().size() != found.axes.size())
        fail<ValueError>("add_sweep: a run has {} values, and there are {} axes",
                         run.point.values().size(), found.axes.size());
    std::size_t most = 1;
    for (std::size_t axis = 0; axis < found.axes.size(); ++axis) {
      const std::size_t count = numbers_of(axis).size();
      if (count > most) x_axis_ = axis;
      most = std::max(most, count);
    }
    for (std::size_t axis = found.axes.size(); axis-- > 0;)
      if (axis != x_axis_ && found.axes[axis].values.size() > 1) line_axis_ = axis;
  }

  void add_to(Page& page) const {
    const SweepRun& best = found_.best();
    if (x_axis_)
      add_lines(page, best);
    else
      add_points(page, best);
  }

 private:
  double x_of(const SweepRun& run) const { return *run.point.values()[*x_axis_].second.number(); }

  /// The different numbers of an axis in their order; none where one of its values is a text.
  std::set<double> numbers_of(std::size_t axis) const {
    std::set<double> numbers;
    for (const SweepRun& run : found_.runs) {
      const double* number = run.point.values()[axis].second.number();
      if (!number) return {};
      numbers.insert(*number);
    }
    return numbers;
  }

  /// "hidden 16, relu": the values of the axes that vary, where `wanted` says so.
  template <class Wanted>
  std::string name_of(const SweepRun& run, const Wanted& wanted) const {
    std::string text;
    for (std::size_t axis = 0; axis < found_.axes.size(); ++axis) {
      if (found_.axes[axis].values.size() < 2 || !wanted(axis)) continue;
      const auto& [name, value] = run.point.values()[axis];
      if (!text.empty()) text += ", ";
      text += value.number() ? fmt::format("{} {}", name, value.str()) : value.str();
    }
    return text;
  }

  std::string line_name(const SweepRun& run) const {
    const std::string name = name_of(run, [&](std::size_t axis) { return axis == line_axis_; });
    return name.empty() ? found_.options.result : name;
  }
  std::string panel_name(const SweepRun& run) const {
    return name_of(run, [&](std::size_t axis) { return axis != line_axis_ && axis != x_axis_; });
  }

  /// Lines that have an order are told apart by shades.
  std::optional<double> shade_of(const SweepRun& run) const {
    const std::set<double> numbers = line_axis_ ? numbers_of(*line_axis_) : std::set<double>{};
    if (numbers.size() < 2) return {};
    const auto at = numbers.find(*run.point.values()[*line_axis_].second.number());
    return static_cast<double>(std::distance(numbers.begin(), at)) /
           static_cast<double>(numbers.size() - 1);
  }

  void add_lines(Page& page, const SweepRun& best) const {
    std::vector<SweepPanel> panels;
    for (const SweepRun& run : found_.runs) {
      SweepLine& line = part_of(part_of(panels, panel_name(run)).lines, line_name(run));
      line.points.emplace_back(x_of(run), run.result);
      line.shade = shade_of(run);
    }
    report::Panels chart{.title = title_,
                         .caption = caption(best),
                         .x = {.label = found_.axes[*x_axis_].name},
                         .y = {.label = found_.options.result},
                         .panels = {}};
    for (SweepPanel& panel : panels) {
      report::Panel& drawn = chart.panels.emplace_back(report::Panel{.title = panel.name});
      for (SweepLine& line : panel.lines) {
        std::ranges::sort(line.points, {}, &std::pair<double, double>::first);
        std::vector<double> x, y;
        for (const auto& point : line.points) {
          x.push_back(point.first);
          y.push_back(point.second);
        }
        drawn.series.push_back(
            {.name = line.name, .x = x, .y = y, .shade = line.shade, .points = true});
      }
      if (panel.name == panel_name(best) && std::isfinite(best.result))
        drawn.marks.push_back({.x = x_of(best), .y = best.result, .label = "best"});
    }
    const std::set<double> all_x = numbers_of(*x_axis_);
    const report::Numbers x(all_x);
    chart.x.log = detail::spans_a_decade({&x});
    chart.y.log = detail::spans_a_decade(chart.panels);
    page.add(chart);
  }

  /// A point for each run, the best one first.
  void add_points(Page& page, const SweepRun& best) const {
    report::Bars chart{.title = title_,
                       .caption = caption(best),
                       .axis = {.label = found_.options.result},
                       .from_zero = false};
    for (const SweepRun* run : found_.ranked())
      chart.bars.push_back({.name = name_of(*run, [](std::size_t) { return true; }),
                            .value = run->result,
                            .colour = found_.options.result});
    page.add(chart);
  }

  std::string caption(const SweepRun& best) const {
    if (std::isnan(best.result)) return "No run gave a number.";
    const std::string where = name_of(best, [](std::size_t) { return true; });
    return fmt::format("The best {}, {:.6g}{}{}.", found_.options.result, best.result,
                       where.empty() ? "" : ", came with ", where);
  }

  const SweepResult& found_;
  const std::string& title_;
  std::optional<std::size_t> x_axis_, line_axis_;
};

}  // namespace

Page& add_sweep(Page& page, const SweepResult& found, const std::string& title) {
  constexpr std::size_t kMostRows = 20;  // the picture's own table has all
  std::vector<std::vector<std::string>> rows = detail::sweep_rows(found);
  report::Table table{.caption = "All runs, the best one first.", .columns = rows.front()};
  rows.erase(rows.begin());
  if (rows.size() > kMostRows) {
    table.caption = fmt::format("The {} best of {} runs.", kMostRows, rows.size());
    rows.resize(kMostRows);
  }
  table.rows = std::move(rows);
  SweepPicture(found, title).add_to(page);
  return page.add(table);
}

Page& add_lr_curve(Page& page, const LrCurve& curve, const std::string& title) {
  const report::Numbers losses(curve.loss);
  report::Lines chart{
      .title = title,
      .caption =
          "The loss while the learning rate grows from step to step, smoothed: it falls "
          "where the rate is right, and explodes where it is too large.",
      .x = {.label = "learning rate", .log = true},
      .y = {.label = "loss", .log = detail::spans_a_decade({&losses})},
      .series = {{.name = "training", .x = curve.lr, .y = losses}},
      .marks = {}};
  if (curve.suggestion > 0)
    chart.marks.push_back(
        {.x = curve.suggestion, .label = fmt::format("suggestion {:.2g}", curve.suggestion)});
  return page.add(chart);
}

}  // namespace tapegrad::nn
