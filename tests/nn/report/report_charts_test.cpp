#include <cmath>
#include <limits>

#include "autograd/autograd.h"
#include "nn/report/charts.h"
#include "nn/report/page.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/report/page_spec.h"

namespace tg = tapegrad;
namespace report = tapegrad::report;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::nan("");

template <class Chart>
std::string html_of(const Chart& chart) {
  return report::Page("Page").add(chart).html();
}
template <class Chart>
Json spec_of(const Chart& chart) {
  return specs_of(html_of(chart)).at(0);
}
template <class E, class Chart>
std::string refusal(const Chart& chart) {
  report::Page page("Page");
  const std::string before = page.html();
  const std::string message = message_of<E>([&] { page.add(chart); });
  CHECK(page.html() == before);
  return message;
}

}  // namespace

TEST_CASE("numbers are a list, a range, or the elements of a tensor") {
  const report::Numbers list{1, 2.5};
  CHECK(list.values() == std::vector<double>{1, 2.5});
  const report::Numbers ints = std::vector<int>{3, 4};
  CHECK(ints.values() == std::vector<double>{3, 4});
  const tg::Tensor weight = tg::ones({2, 2}).requires_grad_();
  const report::Numbers tensor = weight * 3;
  CHECK(tensor.values() == std::vector<double>{3, 3, 3, 3});
  CHECK(report::Numbers(tg::tensor({true, false})).values() == std::vector<double>{1, 0});
  CHECK(report::Numbers().empty());
  CHECK_THROWS_AS(report::Numbers(tg::Tensor()), tg::ValueError);
}

TEST_CASE("lines are drawn as they are given") {
  const report::Lines lines{
      .title = "Loss",
      .caption = "It falls.",
      .x = {.label = "epoch"},
      .y = {.label = "loss", .unit = "nats", .log = true, .low = 0.5},
      .series = {{.name = "training",
                  .x = {2, 4},
                  .y = {0.1f, 1.0 / 3},
                  .low = {0, 0.25},
                  .high = {1, 2},
                  .line = report::Line::dashed,
                  .points = true},
                 {.name = "later", .y = {7}, .colour = "training", .shade = 0.5}},
      .marks = {{.x = 2, .y = 0.1, .label = "best", .colour = "training"}, {.x = 3}}};
  CHECK(spec_of(lines) == Json::parse(R"({
    "x": {"label": "epoch"},
    "y": {"label": "loss", "unit": "nats", "log": true, "low": 0.5},
    "panels": [{"title": "",
      "series": [
        {"name": "training", "colour": "training", "line": "dashed", "x": [2, 4],
         "y": [0.100000001, 0.333333333], "low": [0, 0.25], "high": [1, 2], "points": true},
        {"name": "later", "colour": "training", "line": "solid", "y": [7], "shade": 0.5}],
      "marks": [{"x": 2, "label": "best", "y": 0.1, "colour": "training"},
                {"x": 3, "label": ""}]}]})"));
  const std::string html = html_of(lines);
  CHECK_THAT(html,
             ContainsSubstring("<figure class=\"chart\" data-kind=\"panels\">\n<h3>Loss</h3>"));
  CHECK_THAT(html, ContainsSubstring("<figcaption><p>It falls.</p>"));
}

TEST_CASE("what cannot be drawn of a series is said in words") {
  const auto notes = [](report::Numbers y, bool log) {
    const std::string html = html_of(report::Lines{
        .title = "Loss", .y = {.log = log}, .series = {{.name = "a & b", .y = std::move(y)}}});
    const std::size_t begin = html.find("<figcaption>"), end = html.find("</figcaption>");
    return html.substr(begin + 12, end - begin - 12);
  };
  CHECK(notes({1, 2}, false).empty());
  CHECK(notes({1, kInfinity, -kInfinity}, false) ==
        "<p class=\"note\">a &amp; b: 2 of 3 numbers are infinite, drawn as arrows at the "
        "edge.</p>\n");
  CHECK(notes({kNan, 2}, false) ==
        "<p class=\"note\">a &amp; b: 1 of 2 numbers is NaN, left out.</p>\n");
  CHECK(notes({0, -1, 2}, false).empty());
  CHECK(notes({0, -1, 2}, true) ==
        "<p class=\"note\">a &amp; b: 2 of 3 numbers are not above 0, left out of the logarithmic "
        "axis.</p>\n");
  const Json spec =
      spec_of(report::Lines{.series = {{.name = "a", .y = {1, kNan, kInfinity, -kInfinity}}}});
  CHECK(spec["panels"][0]["series"][0]["y"] == Json::parse(R"([1, null, "inf", "-inf"])"));
}

TEST_CASE("charts of nothing are charts") {
  CHECK(spec_of(report::Lines{})["panels"][0]["series"].empty());
  CHECK(
      spec_of(report::Lines{.series = {{.name = "none"}}})["panels"][0]["series"][0]["y"].empty());
  CHECK(spec_of(report::Panels{})["panels"].empty());
  CHECK(spec_of(report::Bars{})["bars"].empty());
  CHECK(spec_of(report::Scatter{.points = tg::ones({0, 2})})["points"]["points"].empty());
  CHECK(spec_of(report::Fit{})["curves"].empty());
  CHECK(spec_of(report::Matrix{.values = tg::ones({0, 0})})["values"].empty());
}

TEST_CASE("numbers that do not fit together are refused with chart and series") {
  CHECK(refusal<tg::ShapeError>(report::Lines{
            .title = "Loss", .series = {{.name = "training", .x = {1, 2}, .y = {1, 2, 3}}}}) ==
        "report::Lines 'Loss': the series 'training' has 2 numbers in 'x' where 3 are needed");
  CHECK_THAT(refusal<tg::ShapeError>(report::Panels{
                 .title = "Small", .panels = {{"left", {{.name = "a", .y = {1}, .low = {1}}}}}}),
             ContainsSubstring("report::Panels 'Small': the series 'a' has one edge of its band"));
  CHECK_THAT(refusal<tg::ShapeError>(report::Lines{
                 .title = "Loss", .series = {{.name = "a", .y = {1}, .low = {1}, .high = {1, 2}}}}),
             ContainsSubstring("'a' has 2 numbers in 'high' where 1 are needed"));
  CHECK_THAT(refusal<tg::ShapeError>(
                 report::Fit{.title = "Curve",
                             .points_x = {1, 2},
                             .points_y = {1, 2},
                             .curves = {{.name = "cubic", .x = {1}, .y = {1}, .fitted = {1}}}}),
             ContainsSubstring(
                 "report::Fit 'Curve': the curve 'cubic' has 1 numbers in 'fitted' where 2"));
  CHECK_THAT(refusal<tg::ShapeError>(report::Scatter{.title = "Moons", .points = tg::ones({2, 3})}),
             ContainsSubstring("report::Scatter 'Moons': points are [N, 2], not [2, 3]"));
  CHECK_THAT(refusal<tg::ShapeError>(
                 report::Scatter{.title = "Moons", .points = tg::ones({2, 2}), .classes = {1}}),
             ContainsSubstring("has 1 numbers in 'classes' where 2"));
  CHECK_THAT(refusal<tg::ShapeError>(report::Matrix{.title = "M", .values = tg::ones({3})}),
             ContainsSubstring("report::Matrix 'M'") && ContainsSubstring("[3]"));
  CHECK_THAT(refusal<tg::ShapeError>(
                 report::Matrix{.title = "M", .values = tg::ones({2, 2}), .row_names = {"a"}}),
             ContainsSubstring("there are 2 rows, but 1 names"));
  CHECK_THAT(refusal<tg::ShapeError>(
                 report::Matrix{.title = "M", .values = tg::ones({2, 3}), .confusion = true}),
             ContainsSubstring("as many rows as columns"));
}

TEST_CASE("values that make no sense are refused with the chart") {
  CHECK_THAT(refusal<tg::ValueError>(report::Lines{.title = "L", .y = {.low = 2, .high = 1}}),
             ContainsSubstring("report::Lines 'L': the axis goes from 2 to 1"));
  CHECK_THAT(refusal<tg::ValueError>(report::Lines{.title = "L", .y = {.log = true, .low = 0}}),
             ContainsSubstring("cannot end at 0"));
  CHECK_THAT(
      refusal<tg::ValueError>(report::Lines{.title = "L", .marks = {{.x = kNan, .label = "m"}}}),
      ContainsSubstring("the mark 'm' is at no finite place"));
  CHECK_THAT(refusal<tg::ValueError>(
                 report::Lines{.title = "L", .series = {{.name = "s", .y = {1}, .shade = 1.5}}}),
             ContainsSubstring("'s' has the shade 1.5"));
  CHECK_THAT(refusal<tg::ValueError>(report::Bars{.title = "B", .bars = {{"b", 1, 0.5}}}),
             ContainsSubstring("report::Bars 'B': the bar 'b' has one end of its interval"));
  CHECK_THAT(refusal<tg::ValueError>(report::Bars{.title = "B", .axis = {.log = true}}),
             ContainsSubstring("from_zero = false"));
  CHECK_THAT(
      refusal<tg::IndexError>(report::Scatter{
          .title = "S", .points = tg::ones({1, 2}), .classes = {2}, .class_names = {"a", "b"}}),
      ContainsSubstring("report::Scatter 'S': 2 is no class of the 2 that have names"));
  CHECK_THAT(refusal<tg::IndexError>(
                 report::Scatter{.title = "S", .points = tg::ones({1, 2}), .classes = {0.5}}),
             ContainsSubstring("0.5 is no class"));
  CHECK_THROWS_AS(report::Page("P").add(report::Matrix{}), tg::ValueError);
  CHECK_THROWS_AS(report::Page("P").add(report::Scatter{}), tg::ValueError);
}

TEST_CASE("residuals are what a curve leaves of the points") {
  const Json spec = spec_of(
      report::Fit{.points_x = {0, 1, 2},
                  .points_y = {1, 5, 2},
                  .curves = {{.name = "a", .x = {0, 2}, .y = {1, 2}, .fitted = {1, 1.5, 2.5}},
                             {.name = "b", .x = {0}, .y = {0}}}});
  REQUIRE(spec["residuals"].size() == 1);
  CHECK(spec["residuals"][0]["name"] == "a");
  CHECK(spec["residuals"][0]["x"] == Json{0, 1, 2});
  CHECK(spec["residuals"][0]["y"] == Json{0, 3.5, -0.5});
  CHECK(spec["curves"].size() == 2);
}

TEST_CASE("points have classes with names, or are all of one") {
  const Json named = spec_of(report::Scatter{.points = tg::tensor({{1.0, 2.0}, {3.0, 4.0}}),
                                             .classes = tg::tensor({1, 0}),
                                             .class_names = {"a", "b", "c"}});
  CHECK(named["points"]["names"] == Json{"a", "b", "c"});
  CHECK(named["points"]["points"] == Json::parse("[[1, 2], [3, 4]]"));
  CHECK(named["points"]["classes"] == Json{1, 0});
  const Json numbered = spec_of(report::Scatter{.points = tg::ones({2, 2}), .classes = {0, 2}});
  CHECK(numbered["points"]["names"] == Json{"class 0", "class 1", "class 2"});
  CHECK(spec_of(report::Scatter{.points = tg::ones({2, 2})})["points"]["names"] == Json{"points"});
  CHECK_THAT(html_of(report::Scatter{.points = tg::tensor({{1.0, kNan}, {3.0, 4.0}})}),
             ContainsSubstring("1 of 2 points is not finite, and left out."));
}

TEST_CASE("a matrix has the names of its rows and columns, or their numbers") {
  const Json spec = spec_of(report::Matrix{
      .values = tg::tensor({{1, 2}}), .rows = "true class", .column_names = {"x", "y"}});
  CHECK(spec == Json::parse(R"({"rows": "true class", "columns": "", "row_names": ["0"],
                               "column_names": ["x", "y"], "confusion": false, "values": [1, 2]})"));
}
