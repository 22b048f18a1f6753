#pragma once

/// @file
/// Charts of numbers: lines, points, bars, matrices, fitted curves.
///
///     tg::report::Page page("Loss");
///     page.add(tg::report::Lines{.title = "Loss",
///                                .x = {.label = "epoch"},
///                                .y = {.label = "loss", .unit = "nats", .log = true},
///                                .series = {{.name = "training", .y = {2.3, 0.4, 0.1}},
///                                           {.name = "validation", .y = {2.3, 0.5, 0.3}}}});

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/report/numbers.h"

namespace tapegrad::report {

/// @addtogroup report
/// @{

/// What numbers along an edge of a chart are.
struct Axis {
  std::string label = {};  ///< such as "loss"
  std::string unit = {};   ///< such as "nats" or "s"; stands behind the label, in brackets
  bool log = false;        ///< logarithmic: numbers that are not positive are gaps, and counted
  bool percent = false;    ///< numbers are shares of 1, shown as percent
  std::optional<double> low{};   ///< where it begins; by default as the numbers need
  std::optional<double> high{};  ///< where it ends
};

/// How a series is drawn.
enum class Line {
  solid,   ///< a line
  dashed,  ///< a line of dashes
  dotted,  ///< a line of dots
  none,    ///< points alone
};

/// A name and its numbers, drawn as a line or as points.
struct Series {
  std::string name = {};    ///< in the legend
  Numbers x = {};           ///< 1, 2, 3, ... where there are none
  Numbers y = {};           ///< as many as `x`
  Numbers low = {};         ///< the lower edge of a band around the line, such as the 95 % interval
  Numbers high = {};        ///< its upper edge
  std::string colour = {};  ///< whose colour it has; `name` where empty. See `Page`.
  std::optional<double> shade{};  ///< instead of a colour of its own: from 0 to 1 on a scale, for
                                  ///< series that have an order, such as layers
  Line line = Line::solid;        ///< how it is drawn
  bool points = false;            ///< a point at each number, too
};

/// A place that is pointed at: a point where `y` is given, else a line across the chart.
struct Mark {
  double x = 0;               ///< where
  std::optional<double> y{};  ///< likewise
  std::string label = {};     ///< such as "best epoch"
  std::string colour = {};    ///< whose colour it has; none of them where empty
};

/// Lines over one axis, such as the loss by epoch.
///
///     page.add(report::Lines{.title = "Loss",
///                            .x = {.label = "epoch"},
///                            .y = {.label = "cross-entropy", .unit = "nats", .log = true},
///                            .series = {{.name = "training", .y = training},
///                                       {.name = "validation", .y = validation}}});
struct Lines {
  std::string title = {};           ///< above it
  std::string caption = {};         ///< below it: what is to be seen
  Axis x = {};                      ///< along the lower edge
  Axis y = {};                      ///< along the left edge
  std::vector<Series> series = {};  ///< what is drawn
  std::vector<Mark> marks = {};     ///< what is pointed at
};

/// One of several small charts.
struct Panel {
  std::string title = {};           ///< above it
  std::vector<Series> series = {};  ///< what is drawn
  std::vector<Mark> marks = {};     ///< what is pointed at
};

/// Small charts beside each other, with the same axes, to be compared.
struct Panels {
  std::string title = {};          ///< above all of them
  std::string caption = {};        ///< below them
  Axis x = {};                     ///< of each
  Axis y = {};                     ///< of each, over the same range
  std::vector<Panel> panels = {};  ///< in reading order
};

/// Points in a plane, coloured by class.
struct Scatter {
  std::string title = {};                     ///< above it
  std::string caption = {};                   ///< below it
  Axis x = {};                                ///< along the lower edge
  Axis y = {};                                ///< along the left edge
  Tensor points = {};                         ///< `[N, 2]`: x and y of each
  Numbers classes = {};                       ///< of each, from 0; none: all are of one class
  std::vector<std::string> class_names = {};  ///< "class 0" and so on where it is empty
  std::vector<Series> lines = {};             ///< drawn over the points, such as a border
};

/// A bar, or a point with a whisker.
struct Bar {
  std::string name = {};         ///< beside it
  double value = 0;              ///< how long it is
  std::optional<double> low{};   ///< the lower end of the 95 % interval
  std::optional<double> high{};  ///< the upper end
  std::string colour = {};       ///< whose colour it has; `name` where empty
};

/// Bars from 0, one below the other; with `from_zero = false` points, which may be compared closely.
struct Bars {
  std::string title = {};      ///< above them
  std::string caption = {};    ///< below them
  Axis axis = {};              ///< what is measured
  std::vector<Bar> bars = {};  ///< from the top
  bool from_zero = true;       ///< false: only the range that is needed is shown
};

/// A matrix as cells, darker where the number is larger, with the numbers where there is room.
struct Matrix {
  std::string title = {};                      ///< above it
  std::string caption = {};                    ///< below it
  Tensor values = {};                          ///< `[rows, columns]`
  std::string rows = {};                       ///< what rows are, such as "true class"
  std::string columns = {};                    ///< what columns are, such as "taken for"
  std::vector<std::string> row_names = {};     ///< of each; 0, 1, 2, ... where it is empty
  std::vector<std::string> column_names = {};  ///< likewise
  bool confusion = false;  ///< shade by the share of the row, the diagonal in another colour
};

/// A function that was fitted to points.
struct Curve {
  std::string name = {};    ///< in the legend
  Numbers x = {};           ///< where it was asked
  Numbers y = {};           ///< what it gave
  Numbers fitted = {};      ///< what it gives for the points: then residuals are drawn
  std::string colour = {};  ///< whose colour it has; `name` where empty
  Line line = Line::solid;  ///< how it is drawn
};

/// Points, curves that were fitted to them, and below what they leave: point minus curve.
struct Fit {
  std::string title = {};              ///< above it
  std::string caption = {};            ///< below it
  Axis x = {};                         ///< along the lower edge
  Axis y = {};                         ///< along the left edge
  Numbers points_x = {};               ///< of the points
  Numbers points_y = {};               ///< likewise
  std::string points_name = "points";  ///< in the legend
  std::vector<Curve> curves = {};      ///< what was fitted
};

/// @}

}  // namespace tapegrad::report
