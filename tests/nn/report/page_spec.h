#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// What a page holds of its charts: the JSON of each, in their order.
inline std::vector<nlohmann::json> specs_of(const std::string& html) {
  const std::string begin = "<script type=\"application/json\">", end = "</script>";
  std::vector<nlohmann::json> specs;
  for (std::size_t at = html.find(begin); at != html.npos; at = html.find(begin, at)) {
    at += begin.size();
    specs.push_back(nlohmann::json::parse(html.substr(at, html.find(end, at) - at)));
  }
  return specs;
}

/// How often a text stands in another.
inline int count_of(const std::string& text, const std::string& what) {
  int count = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++count;
  return count;
}

/// The part of a page that is its own: without style sheet and scripts.
inline std::string body_of(const std::string& html) {
  const std::size_t begin = html.find("<main>");
  return html.substr(begin, html.find("</main>") - begin);
}
