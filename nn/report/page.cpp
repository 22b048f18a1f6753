#include "nn/report/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/base/version.h"
#include "nn/data/file.h"
#include "nn/report/embedded.h"
#include "nn/report/spec.h"
#include "nn/report/text.h"

namespace tapegrad::report {

using detail::escaped;

namespace {

std::string element(std::string_view name, const std::string& text) {
  return text.empty() ? std::string() : fmt::format("<{0}>{1}</{0}>\n", name, escaped(text));
}

/// Text with an element for each paragraph.
std::string paragraphs(const std::string& text) {
  std::string html;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find("\n\n", start), text.size());
    html += element("p", text.substr(start, end - start));
    start = text.find_first_not_of('\n', end);
  }
  return html;
}

/// A list that opens when it is asked for.
std::string list_of(const std::vector<std::string>& items) {
  if (items.empty()) return {};
  std::string html = "<details><summary>In detail</summary><ul>\n";
  for (const std::string& item : items) html += element("li", item);
  return html + "</ul></details>\n";
}

bool is_number(std::string_view text) {
  const std::size_t digit = text.find_first_of("0123456789");
  const std::string_view before = text.substr(0, digit);
  return digit != text.npos && std::ranges::all_of(before, [](char c) {
           return std::string_view("+-. ").find(c) != std::string_view::npos;
         });
}

/// "2 layers" begins with a number, and is a name where names stand: in the first column.
bool is_name(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; });
}

/// Nothing but numbers and gaps, and one number at least.
bool is_numeric(const Table& table, std::size_t column) {
  bool any = false;
  for (const auto& row : table.rows) {
    const std::string& field = row[column];
    if (is_number(field) && (column > 0 || !is_name(field)))
      any = true;
    else if (!field.empty() && field != "-")
      return false;
  }
  return any;
}

/// Without the comment by which a browser would look for the original of a script.
std::string_view without_map(std::string_view script) {
  return script.substr(0, script.rfind("//# sourceMappingURL="));
}

std::string script_element(std::string_view script) {
  return fmt::format("<script>{}</script>\n", script);
}

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; )"
                                   R"(style-src 'unsafe-inline'; img-src data:">
)";

}  // namespace

Page::Page(std::string title) : title_(std::move(title)) {}

Page& Page::heading(const std::string& text) {
  body_ += element("h2", text);
  return *this;
}

Page& Page::text(const std::string& text) {
  body_ += paragraphs(text);
  return *this;
}

Page& Page::add_figure(const detail::Spec& spec) {
  std::string html = fmt::format("<figure class=\"chart\" data-kind=\"{}\">\n", spec.kind);
  html += element("h3", spec.title);
  html += "<div class=\"plot\"></div>\n";
  html += "<figcaption>" + paragraphs(spec.caption);
  for (const std::string& note : spec.notes)
    html += "<p class=\"note\">" + escaped(note) + "</p>\n";
  html += "</figcaption>\n<details class=\"numbers\"><summary>The numbers</summary></details>\n";
  html += detail::json_element(spec.json) + "</figure>\n";
  body_ += html;
  (spec.kind == "graph" ? graphs_ : charts_) = true;
  return *this;
}

Page& Page::add(const Lines& lines) { return add_figure(detail::spec_of(lines)); }
Page& Page::add(const Panels& panels) { return add_figure(detail::spec_of(panels)); }
Page& Page::add(const Scatter& scatter) { return add_figure(detail::spec_of(scatter)); }
Page& Page::add(const Bars& bars) { return add_figure(detail::spec_of(bars)); }
Page& Page::add(const Matrix& matrix) { return add_figure(detail::spec_of(matrix)); }
Page& Page::add(const Fit& fit) { return add_figure(detail::spec_of(fit)); }
Page& Page::add(const Field& field) { return add_figure(detail::spec_of(field)); }
Page& Page::add(const Images& images) { return add_figure(detail::spec_of(images)); }
Page& Page::add(const Graph& graph) { return add_figure(detail::spec_of(graph)); }

Page& Page::add(const Table& table) {
  std::string html = "<figure class=\"table\">\n" + element("h3", table.title);
  html += "<div class=\"scroll\"><table>\n<thead><tr>";
  for (const auto& row : table.rows)
    if (row.size() != table.columns.size())
      fail<ShapeError>("report::Table '{}': a row has {} fields, but there are {} columns",
                       table.title, row.size(), table.columns.size());
  std::vector<std::string> begin;  // of a cell
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string look = is_numeric(table, i) ? " class=\"number\">" : ">";
    html += "<th scope=\"col\"" + look + escaped(table.columns[i]) + "</th>";
    begin.push_back("<td" + look);
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) html += begin[i] + escaped(row[i]) + "</td>";
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (!table.caption.empty())
    html += "<figcaption>" + paragraphs(table.caption) + "</figcaption>\n";
  body_ += html + "</figure>\n";
  return *this;
}

Page& Page::add(const Finding& finding) {
  constexpr const char* tones[] = {"neutral", "good", "bad", "open"};
  body_ +=
      fmt::format("<section class=\"finding {}\">\n<h3>{} <span class=\"verdict\">{}</span></h3>\n",
                  tones[static_cast<std::size_t>(finding.tone)], escaped(finding.question),
                  escaped(finding.verdict)) +
      paragraphs(finding.text) + list_of(finding.details) + "</section>\n";
  return *this;
}

std::string Page::html() const {
  const detail::Embedded files = detail::embedded();
  const bool scripts = charts_ || graphs_;
  std::string html(kHead);
  if (scripts)
    html += fmt::format("<!--\nThis page holds Apache ECharts and dagre.\n\n{}\n\ndagre\n{}-->\n",
                        files.echarts_notice, files.dagre_notice);
  html += element("title", title_) +
          fmt::format("<style>\n{}</style>\n</head>\n<body>\n<main>\n", files.style);
  html += element("h1", title_) + body_;
  if (scripts)
    html += "<noscript><p>The pictures of this page are drawn by JavaScript.</p></noscript>\n";
  html += fmt::format("</main>\n<footer>Written by Tapegrad {}.{}.{}{}</footer>\n",
                      TAPEGRAD_VERSION_MAJOR, TAPEGRAD_VERSION_MINOR, TAPEGRAD_VERSION_PATCH,
                      scripts ? "; drawn by Apache ECharts and dagre" : "");
  if (charts_) html += script_element(without_map(files.echarts));
  if (graphs_) html += script_element(without_map(files.dagre));
  if (scripts)
    for (const std::string_view script : {files.theme, files.charts, files.pictures, files.page})
      html += script_element(script);
  return html + "</body>\n</html>\n";
}

void Page::write(const std::string& path) const {
  nn::detail::write_file("report::Page", path, {html()});
}

}  // namespace tapegrad::report
