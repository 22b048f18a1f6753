#pragma once

/// @file
/// Pages of text, charts and pictures, each one HTML file that needs no network.
///
///     tg::report::Page page("Two moons");
///     page.heading("What it is").text("No line separates them.");
///     page.add(tg::report::Table{.columns = {"model", "accuracy"}, .rows = {{"linear", "88 %"}}});
///     page.write("moons.html");

#include <string>
#include <vector>

#include "nn/report/charts.h"
#include "nn/report/pictures.h"

namespace tapegrad::report {

namespace detail {
struct Spec;
}

/// @addtogroup report
/// Pages with charts and pictures, each one HTML file that needs nothing else: what draws it stands
/// in it, and no network is asked. The library `tapegrad::report` has this; `nn/nn.h` does not
/// include it.
///
///     report::Page page("Two moons");
///     page.text("A perceptron with one hidden layer separates what no line can.");
///     page.add(report::Lines{.title = "Loss",
///                            .x = {.label = "epoch"},
///                            .y = {.label = "loss", .unit = "nats"},
///                            .series = {{.name = "training", .y = losses}}});
///     page.write("moons.html");
///
/// What is added is an aggregate, filled in by names. Texts may hold anything: they are shown as
/// they are, never as HTML; bytes that are no UTF-8 are shown as U+FFFD. A picture says in words
/// which numbers it could not draw, and has a table of all of them.
/// @{

/// Rows and columns of text. Columns of numbers stand to the right.
struct Table {
  std::string title = {};                           ///< above it
  std::string caption = {};                         ///< below it
  std::vector<std::string> columns = {};            ///< heads
  std::vector<std::vector<std::string>> rows = {};  ///< each with as many fields
};

/// How the verdict of a finding is coloured.
enum class Tone {
  neutral,  ///< plain
  good,     ///< as hoped
  bad,      ///< trouble
  open,     ///< not known
};

/// A question or a claim, what was found in one word or two, and why.
struct Finding {
  std::string question = {};              ///< such as "Does the activation matter?"
  std::string verdict = {};               ///< such as "yes"
  std::string text = {};                  ///< what it is concluded from
  Tone tone = Tone::neutral;              ///< colour of the verdict
  std::vector<std::string> details = {};  ///< shown when asked for
};

/// A page that is written from top to bottom.
///
/// **Colours** mean the same over the whole page: a series, bar or mark has the colour of its name,
/// or of the name in its `colour`, wherever that comes on the page. "training", "validation" and
/// "test" have theirs on every page, and so has each class of `Scatter` and `Field` by its name.
/// Where there are more names than colours (10), shapes and dashes tell them apart. Colours are
/// chosen for eyes that do not tell red from green, and for light and dark pages.
class Page {
 public:
  /// Begins a page with that title.
  explicit Page(std::string title);

  /// Begins a section.
  Page& heading(const std::string& text);
  /// Adds text; an empty line begins a new paragraph.
  Page& text(const std::string& text);
  /// Adds a chart, a picture, a table or a finding. Errors: `ShapeError` for numbers that do not
  /// fit together, `ValueError` for what makes no sense, both with the title of the chart and the
  /// name of the series; `IndexError` for a class or node that is not there. The page is as it was
  /// then.
  /// @{
  Page& add(const Lines& lines);
  Page& add(const Panels& panels);
  Page& add(const Scatter& scatter);
  Page& add(const Bars& bars);
  Page& add(const Matrix& matrix);
  Page& add(const Fit& fit);
  Page& add(const Field& field);
  Page& add(const Images& images);
  Page& add(const Graph& graph);
  Page& add(const Table& table);
  Page& add(const Finding& finding);
  /// @}

  /// The whole page as HTML.
  std::string html() const;
  /// Writes `html` to a file, all of it or nothing. Errors: `FileError`.
  void write(const std::string& path) const;

 private:
  Page& add_figure(const detail::Spec& spec);

  std::string title_;
  std::string body_;
  bool charts_ = false;  // something that ECharts draws
  bool graphs_ = false;  // something that dagre lays out
};

/// @}

}  // namespace tapegrad::report
