// Pictures of a sweep and of a search for a learning rate.

#include "nn/report/search_report.h"

#include <cmath>
#include <limits>

#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/report/page_spec.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace report = tapegrad::report;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::json;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::string page_of(const nn::SweepResult& found) {
  report::Page page("Page");
  CHECK(&nn::add_sweep(page, found, "Grid") == &page);
  return page.html();
}
Json picture_of(const nn::SweepResult& found) { return specs_of(page_of(found)).at(0); }

double by_name(const nn::SweepPoint& p) {
  return p.number("lr") * 10 + (p.text("activation") == "relu" ? 1 : 2);
}

}  // namespace

TEST_CASE("the picture of a sweep has a line for each text over the numbers that were tried") {
  const nn::SweepResult found =
      nn::sweep({{"activation", {"relu", "tanh"}}, {"lr", {1, 0.01, 0.1}}, {"seed", {7}}}, by_name,
                {.result = "error"});
  const Json spec = picture_of(found);
  CHECK(spec["x"]["label"] == "lr");
  CHECK(spec["x"]["log"] == true);
  CHECK(spec["y"]["label"] == "error");
  CHECK(spec["y"]["log"] == true);  // 1.1 to 12
  REQUIRE(spec["panels"].size() == 1);
  const Json lines = spec["panels"][0]["series"];
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["name"] == "relu");
  CHECK(lines[0]["x"] == Json::parse("[0.01, 0.1, 1]"));
  CHECK(lines[0]["y"] == Json::parse("[1.1, 2, 11]"));
  CHECK(lines[1]["name"] == "tanh");
  CHECK(lines[1]["y"] == Json::parse("[2.1, 3, 12]"));
  CHECK(!lines[0].contains("shade"));
  CHECK(spec["panels"][0]["marks"] == Json::parse(R"([{"x": 0.01, "label": "best", "y": 1.1}])"));
  const std::string html = page_of(found);
  CHECK_THAT(html, ContainsSubstring("The best error, 1.1, came with relu, lr 0.01."));
  // All of it as a table, the best one first.
  CHECK(html.rfind(">1.1</td>") < html.rfind(">12</td>"));
}

TEST_CASE("of two axes of numbers the longer one is the edge, the other one gives shades") {
  const Json spec = picture_of(
      nn::sweep({{"depth", {3, 1, 2}}, {"width", {8, 16, 32, 64}}},
                [](const nn::SweepPoint& p) { return p.number("depth") * 100 + p.number("width"); },
                {.max = true}));
  CHECK(spec["x"]["label"] == "width");
  CHECK(!spec["x"].contains("log"));  // less than a decade
  const Json lines = spec["panels"][0]["series"];
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["name"] == "depth 3");
  CHECK(lines[0]["shade"] == 1);
  CHECK(lines[1]["shade"] == 0);
  CHECK(lines[2]["shade"] == 0.5);
  CHECK(spec["panels"][0]["marks"][0]["y"] == 364);
}

TEST_CASE("what is varied beyond two axes gets a small chart each") {
  const Json spec =
      picture_of(nn::sweep({{"lr", {1, 2}}, {"activation", {"relu", "tanh"}}, {"width", {4, 8}}},
                           [](const nn::SweepPoint& p) { return by_name(p) + p.number("width"); }));
  REQUIRE(spec["panels"].size() == 2);
  CHECK(spec["panels"][0]["title"] == "width 4");
  CHECK(spec["panels"][1]["title"] == "width 8");
  CHECK(spec["panels"][1]["series"][1]["y"] == Json::parse("[20, 30]"));
  CHECK(spec["panels"][0]["marks"].size() == 1);
  CHECK(spec["panels"][1]["marks"].empty());
}

TEST_CASE("a sweep over texts alone is a point for each run, the best one first") {
  const Json spec = picture_of(
      nn::sweep({{"activation", {"relu", "tanh"}}, {"optimizer", {"sgd", "adam"}}},
                [](const nn::SweepPoint& p) {
                  return p.text("activation") == "tanh" && p.text("optimizer") == "adam" ? 1 : 2;
                }));
  CHECK(spec["from_zero"] == false);
  REQUIRE(spec["bars"].size() == 4);
  CHECK(spec["bars"][0]["name"] == "tanh, adam");
  CHECK(spec["bars"][1]["name"] == "relu, sgd");
}

TEST_CASE("the table of a sweep ends where nobody reads on") {
  nn::SweepAxis axis{.name = "lr", .values = {}};
  for (int i = 0; i < 21; ++i) axis.values.push_back(1000 + i);
  const std::string html =
      page_of(nn::sweep({axis}, [](const nn::SweepPoint& p) { return p.number("lr"); }));
  CHECK_THAT(html, ContainsSubstring("The 20 best of 21 runs."));
  CHECK_THAT(html, ContainsSubstring(">1019</td>"));
  CHECK(html.find(">1020</td>") == std::string::npos);
}

TEST_CASE("runs that gave no number are left out of the picture, and said") {
  const auto run = [](const nn::SweepPoint& p) { return p.number("lr") > 1 ? kNaN : 0.5; };
  const nn::SweepResult some = nn::sweep({{"lr", {0.1, 1, 10}}}, run);
  const Json spec = picture_of(some);
  CHECK(spec["panels"][0]["series"][0]["y"] == Json::parse("[0.5, 0.5, null]"));
  CHECK(spec["panels"][0]["series"][0]["name"] == "result");
  CHECK_THAT(page_of(some), ContainsSubstring(">nan</td>"));
  const nn::SweepResult none = nn::sweep({{"lr", {2, 3}}}, run);
  CHECK(picture_of(none)["panels"][0]["marks"].empty());
  CHECK_THAT(page_of(none), ContainsSubstring("No run gave a number."));
  // A single point is one, too.
  CHECK(picture_of(nn::sweep({{"lr", {0.1}}}, run))["bars"].size() == 1);
}

TEST_CASE("a sweep that was taken apart is refused, and the page is as it was") {
  report::Page page("Page");
  const std::string before = page.html();
  CHECK_THAT(message_of<tg::ValueError>([&] { nn::add_sweep(page, {}); }),
             ContainsSubstring("sweep: there is no run"));
  nn::SweepResult found = nn::sweep({{"lr", {1, 2}}}, [](const nn::SweepPoint&) { return 1; });
  found.axes.push_back({"more", {1}});
  CHECK(message_of<tg::ValueError>([&] { nn::add_sweep(page, found); }) ==
        "add_sweep: a run has 1 values, and there are 2 axes");
  CHECK(page.html() == before);
}

TEST_CASE("the picture of find_lr points at its suggestion where it has one") {
  nn::LrCurve curve{.lr = {0.01, 0.1, 1}, .loss = {2, 1, 30}, .suggestion = 0.01};
  const auto spec = [&] {
    report::Page page("Page");
    nn::add_lr_curve(page, curve);
    return specs_of(page.html()).at(0);
  };
  CHECK(spec()["x"]["log"] == true);
  CHECK(spec()["y"]["log"] == true);
  CHECK(spec()["panels"][0]["series"][0]["y"] == Json::parse("[2, 1, 30]"));
  CHECK(spec()["panels"][0]["marks"][0]["label"] == "suggestion 0.01");
  curve.suggestion = kNaN;
  CHECK(spec()["panels"][0]["marks"].empty());
  curve.lr.pop_back();
  CHECK_THROWS_AS(spec(), tg::ShapeError);
}
