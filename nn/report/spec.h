#pragma once

#include <string>
#include <vector>

#include "nn/report/charts.h"
#include "nn/report/pictures.h"

// Internal: charts as the data that the scripts of a page draw.

namespace tapegrad::report::detail {

/// What a page holds of a chart.
struct Spec {
  std::string title, caption;
  std::string kind;  // "panels" and so on, of the function in charts.js or pictures.js
  std::string json;  // what that function draws
  std::vector<std::string> notes;  // what it cannot draw, in words
};

/// All of them check what they are given. Errors: as `Page::add`.
Spec spec_of(const Lines& lines);
Spec spec_of(const Panels& panels);
Spec spec_of(const Scatter& scatter);
Spec spec_of(const Bars& bars);
Spec spec_of(const Matrix& matrix);
Spec spec_of(const Fit& fit);
Spec spec_of(const Field& field);
Spec spec_of(const Images& images);
Spec spec_of(const Graph& graph);

}  // namespace tapegrad::report::detail
