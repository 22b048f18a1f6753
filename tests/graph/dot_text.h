#pragma once

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

/// A picture in Graphviz' language, taken apart: as the library writes it, a statement a line.
struct DotText {
  struct Node {
    std::string text;        ///< lines with "|" between them, without tags
    std::string attributes;  ///< all
    std::string frame;       ///< labels of the frames around it, with "/" between them
    bool has(const std::string& part) const { return attributes.find(part) != std::string::npos; }
  };
  struct Edge {
    std::string from, to, attributes;
  };
  std::map<std::string, Node> nodes;
  std::vector<Edge> edges;
  std::vector<std::string> frames;  ///< with those around them
  std::string legend;

  explicit DotText(const std::string& dot) {
    std::vector<std::string> open;
    for (std::size_t start = 0; start < dot.size();) {
      const std::size_t end = dot.find('\n', start);
      std::string line = dot.substr(start, end - start);
      start = end + 1;
      line.erase(0, line.find_first_not_of(' '));
      if (line.starts_with("subgraph cluster")) {
        open.push_back(plain(line.substr(line.find("label=<"))));
        frames.push_back(joined(open));
      } else if (line == "}") {
        if (!open.empty()) open.pop_back();
      } else if (line.starts_with("labelloc")) {
        legend = plain(line);
      } else if (const std::size_t arrow = line.find(" -> ");
                 is_node(line) && arrow == line.find(' ')) {
        const std::size_t to = line.find_first_of(" ;", arrow + 4);
        edges.push_back(
            {line.substr(0, arrow), line.substr(arrow + 4, to - arrow - 4), line.substr(to)});
      } else if (is_node(line)) {
        const std::size_t name = line.find(' ');
        const std::size_t label = line.find("label=<"), rest = line.find(">, style=");
        nodes[line.substr(0, name)] = {plain(line.substr(label, rest - label)), line.substr(rest),
                                       joined(open)};
      }
    }
    if (!open.empty()) throw std::logic_error("a frame is not closed");
  }

  /// The only node whose text begins so.
  const Node& node(const std::string& text) const { return nodes.at(id(text)); }
  std::string id(const std::string& text) const {
    std::string found;
    for (const auto& [name, node] : nodes)
      if (node.text == text || node.text.starts_with(text + "|")) {
        if (!found.empty()) throw std::logic_error("two nodes are called " + text);
        found = name;
      }
    if (found.empty()) throw std::logic_error("no node is called " + text);
    return found;
  }
  int count(const std::string& text) const {
    int n = 0;
    for (const auto& each : nodes)
      n += each.second.text == text || each.second.text.starts_with(text + "|");
    return n;
  }
  /// The attributes of the arrow between these, or "none".
  std::string edge(const std::string& from, const std::string& to) const {
    const std::string a = id(from), b = id(to);
    for (const Edge& each : edges)
      if (each.from == a && each.to == b) return each.attributes;
    return "none";
  }

 private:
  static bool is_node(const std::string& line) {
    return line.size() > 1 && line[0] == 'n' && line[1] >= '0' && line[1] <= '9';
  }
  static std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts)
      text += (text.empty() ? "" : "/") + part.substr(0, part.find('|'));
    return text;
  }
  static std::string plain(const std::string& label) {
    std::string text;
    bool tag = false;
    const std::size_t end = std::min(label.find(">>;"), label.size());
    for (std::size_t i = label.find('<'); i < end; ++i) {
      if (label[i] == '<') {
        tag = true;
        if (label.compare(i, 4, "<tr>") == 0 && !text.empty()) text += '|';
      } else if (label[i] == '>') {
        tag = false;
      } else if (!tag) {
        text += label[i];
      }
    }
    return text;
  }
};
