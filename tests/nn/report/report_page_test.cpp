#include <filesystem>
#include <limits>

#include "autograd/autograd.h"
#include "nn/report/embedded.h"
#include "nn/report/page.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/report/page_spec.h"
#include "tests/temp_folder.h"

namespace tg = tapegrad;
namespace report = tapegrad::report;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kHostile = "</script><script>alert(1)</script><!-- & \"'";

report::Lines one_line(const std::string& name) {
  return {.title = "Loss", .x = {.label = "epoch"}, .series = {{.name = name, .y = {1, 2, 3}}}};
}

}  // namespace

TEST_CASE("a page shows its texts in their order, and an empty line begins a paragraph") {
  report::Page page("A title");
  page.heading("First").text("one\n\ntwo\nstill two").heading("Second");
  const std::string body = body_of(page.html());
  CHECK_THAT(body, ContainsSubstring("<h1>A title</h1>\n<h2>First</h2>\n<p>one</p>\n<p>two\nstill "
                                     "two</p>\n<h2>Second</h2>"));
  CHECK_THAT(page.html(), ContainsSubstring("<title>A title</title>"));
}

TEST_CASE("texts are never HTML, wherever they come from") {
  report::Page page(kHostile);
  page.heading(kHostile).text(kHostile);
  page.add(report::Table{.title = kHostile, .columns = {kHostile}, .rows = {{kHostile}}});
  page.add(report::Finding{
      .question = kHostile, .verdict = kHostile, .text = kHostile, .details = {kHostile}});
  report::Lines lines = one_line(kHostile);
  lines.title = lines.caption = lines.y.label = lines.x.unit = kHostile;
  lines.marks = {{.x = 1, .label = kHostile, .colour = kHostile}};
  page.add(lines);
  page.add(report::Bars{.title = kHostile, .bars = {{.name = kHostile, .value = 1}}});
  page.add(report::Graph{.title = kHostile, .nodes = {{.label = kHostile, .group = kHostile}}});
  page.add(report::Matrix{.title = kHostile, .values = tg::ones({1, 1}), .row_names = {kHostile}});
  page.add(report::Images{.title = kHostile, .images = {{tg::ones({1, 1}), kHostile}}});
  const std::string html = page.html(), body = body_of(html);
  CHECK(count_of(body, "alert(1)") > 15);
  CHECK(count_of(body, "<script>") == 0);
  CHECK(count_of(body, "<!--") == 0);
  // One element for each picture, which ends where it should.
  const auto specs = specs_of(html);
  REQUIRE(specs.size() == 5);
  CHECK(count_of(body, "</script>") == 5);
  CHECK(specs[0]["panels"][0]["series"][0]["name"] == kHostile);
  CHECK(specs[0]["x"]["unit"] == kHostile);
}

TEST_CASE("bytes that are no UTF-8 are shown as such") {
  const std::string bytes = "a\xff\xc3(\xed\xa0\x80\xf5z\xe2\x82\x07";
  const std::string lost = "\xef\xbf\xbd";
  report::Page page(bytes);
  page.text("Größe 𝛼 " + bytes);
  page.add(one_line(bytes));
  const std::string html = page.html();
  CHECK_THAT(html, ContainsSubstring("<title>a" + lost + lost + "(" + lost + lost + lost + lost +
                                     "z" + lost + lost + lost + "</title>"));
  CHECK_THAT(html, ContainsSubstring("Größe 𝛼 a"));
  const auto name = specs_of(html)[0]["panels"][0]["series"][0]["name"].get<std::string>();
  CHECK_THAT(name, ContainsSubstring(lost));
}

TEST_CASE("a page needs nothing else, and holds what its pictures need alone") {
  report::Page page("Page");
  page.text("no pictures");
  const std::string plain = page.html();
  CHECK(plain.size() < 20'000);
  CHECK(count_of(plain, "<script") == 0);
  page.add(one_line("a"));
  const std::string charts = page.html();
  CHECK_THAT(charts, ContainsSubstring("echarts"));
  CHECK(count_of(charts, "var dagre=") == 0);
  page.add(report::Graph{.nodes = {{.label = "x"}}});
  const std::string graphs = page.html();
  CHECK(count_of(graphs, "var dagre=") == 1);
  const std::string own = graphs.substr(0, graphs.find("<script>"));  // before the scripts
  for (const char* asks : {"<link", " src=", "@import", "url("}) CHECK(count_of(own, asks) == 0);
  CHECK(count_of(graphs, "sourceMappingURL") == 0);
  CHECK_THAT(graphs, ContainsSubstring("default-src 'none'"));
  CHECK_THAT(graphs, ContainsSubstring("Apache Software Foundation"));
  CHECK_THAT(graphs, ContainsSubstring("Chris Pettitt"));
}

TEST_CASE("the scripts of a page can stand in a page") {
  const report::detail::Embedded files = report::detail::embedded();
  for (const std::string_view script :
       {files.echarts, files.dagre, files.theme, files.charts, files.pictures, files.page}) {
    REQUIRE(script.size() > 1000);
    CHECK(script.find("</script") == script.npos);
    CHECK(script.find("<!--") == script.npos);
  }
  CHECK(files.style.find("</style") == files.style.npos);
  CHECK(files.echarts_notice.find("-->") == files.echarts_notice.npos);
  CHECK(files.dagre_notice.find("-->") == files.dagre_notice.npos);
}

TEST_CASE("a page is written whole or not at all") {
  const TempFolder folder;
  report::Page page("Page");
  page.write(folder.file("page.html"));
  CHECK(folder.read("page.html") == page.html());
  page.text("more");
  page.write(folder.file("page.html"));
  CHECK(folder.read("page.html") == page.html());
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK_THAT(message_of<tg::FileError>([&] { page.write(folder.file("none/page.html")); }),
             ContainsSubstring("report::Page") && ContainsSubstring("none/page.html"));
}

TEST_CASE("columns of numbers stand to the right, and rows have as many fields as columns") {
  report::Page page("Page");
  page.add(report::Table{.title = "All",
                         .columns = {"name", "count", "mixed", "gaps"},
                         .rows = {{"a", "1,000", "1", ""}, {"b", "-2.5 %", "x", "+3"}}});
  const std::string body = body_of(page.html());
  CHECK_THAT(body, ContainsSubstring("<th scope=\"col\">name</th><th scope=\"col\" "
                                     "class=\"number\">count</th><th scope=\"col\">mixed</th>"));
  CHECK_THAT(body, ContainsSubstring("<td>b</td><td class=\"number\">-2.5 %</td><td>x</td>"
                                     "<td class=\"number\">+3</td>"));
  const report::Table names{.columns = {"model", "size"}, .rows = {{"2 layers", "3 kB"}}};
  CHECK_THAT(report::Page("Page").add(names).html(),
             ContainsSubstring("<td>2 layers</td><td class=\"number\">3 kB</td>"));
  const auto add = [&] {
    page.add(report::Table{.title = "Short", .columns = {"a", "b"}, .rows = {{"1"}}});
  };
  CHECK_THAT(message_of<tg::ShapeError>(add),
             ContainsSubstring("report::Table 'Short': a row has 1 fields, but there are 2"));
  CHECK(body_of(page.html()) == body);
}

TEST_CASE("a finding has a question, a verdict, and details when asked for") {
  report::Page page("Page");
  page.add(report::Finding{"Why?", "because", "It is so.", report::Tone::bad, {"one", "two"}});
  CHECK_THAT(body_of(page.html()),
             ContainsSubstring("<section class=\"finding bad\">\n<h3>Why? <span "
                               "class=\"verdict\">because</span></h3>\n<p>It is so.</p>\n"
                               "<details><summary>In detail</summary><ul>\n<li>one</li>\n"
                               "<li>two</li>\n</ul></details>\n</section>"));
}
