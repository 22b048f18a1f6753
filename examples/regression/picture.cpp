#include "picture.h"

#if defined(TAPEGRAD_WITH_REPORT)
#include <nn/report/report.h>
#endif

namespace regression {

namespace tg = tapegrad;

#if defined(TAPEGRAD_WITH_REPORT)

namespace report = tapegrad::report;

void write_picture(const std::string& file, const tg::Tensor& x, const tg::Tensor& y,
                   const tg::Tensor& truth, const std::vector<Curve>& fitted) {
  report::Fit fit{.title = "Two curves, and what they leave",
                  .x = {.label = "x"},
                  .y = {.label = "y"},
                  .points_x = x,
                  .points_y = y,
                  .curves = {}};
  for (const Curve& curve : fitted)
    fit.curves.push_back({.name = curve.name, .x = x, .y = curve.values, .fitted = curve.values});
  // Above the others, one of which it coincides with.
  fit.curves.push_back({.name = "true curve", .x = x, .y = truth, .line = report::Line::dashed});
  report::Page page("A curve with outliers");
  page.text(
      "A few of the points are far too high. The squared error takes something like the mean of the "
      "points that are near each other, so that its curve is lifted wherever some of them are wild; the "
      "absolute error takes something like their median, and stays on the true curve. Its "
      "residuals lie around 0 but for the wild points, which stand out, and those of the squared error "
      "wander.");
  page.add(fit).write(file);
}

#else

void write_picture(const std::string&, const tg::Tensor&, const tg::Tensor&, const tg::Tensor&,
                   const std::vector<Curve>&) {}

#endif

}  // namespace regression
