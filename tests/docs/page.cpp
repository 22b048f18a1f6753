#include "tests/docs/page.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <string_view>

namespace docs {

namespace {

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  for (const std::string_view beginning : beginnings)
    if (text.starts_with(beginning)) return true;
  return false;
}

/// True for what cannot stand in a function, or looks like the first line of a function.
bool is_definition(const std::string& line) {
  static const std::regex function(
      "[a-zA-Z][a-zA-Z0-9_:<>,&* ]* [a-z_0-9]+\\(.*\\) *(const )?\\{.*");
  if (starts_with_any(line,
                      {"struct ", "class ", "template ", "template<", "namespace ", "enum ", "#"}))
    return true;
  return !starts_with_any(line,
                          {"for ", "if ", "while ", "else ", "return ", "const auto ", "auto "}) &&
         std::regex_match(line, function);
}

Block::Kind kind_of(const Block& block, const std::string& language) {
  if (language == "py") return Block::Kind::python;
  if (language == "text") return Block::Kind::text;
  if (language != "cpp") return Block::Kind::other;
  if (!block.file.empty()) return Block::Kind::quote;
  for (const std::string& line : block.lines)
    if (is_definition(line)) return Block::Kind::definitions;
  return Block::Kind::statements;
}

/// The file that a line in front of a block names as its source: "`autograd/tape/tape.cpp`:".
std::string quoted_file(const std::string& line) {
  static const std::regex source(".*`([a-z_]+/[a-z_/0-9]+\\.[a-z]+)`:");
  std::smatch match;
  return std::regex_match(line, match, source) ? match[1].str() : "";
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) throw std::runtime_error("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(std::move(line));
  return lines;
}

}  // namespace

void fail(const std::string& path, int line, const std::string& text) {
  throw std::runtime_error(path + ":" + std::to_string(line) + ": " + text);
}

int Page::partner(std::size_t i) const {
  const bool pair =
      i > 0 && blocks[i].kind != Block::Kind::python && blocks[i - 1].kind == Block::Kind::python;
  return pair ? static_cast<int>(i) - 1 : -1;
}

Page read_page(const std::string& path) {
  Page page{path, {{"", ""}}, {}};
  const std::vector<std::string> lines = lines_of(path);
  std::string before;  // the last line with text
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (line.starts_with("## ")) page.sections.push_back({line.substr(3), ""});
    if (!line.starts_with("```")) {
      if (!line.empty()) before = line;
      continue;
    }
    const int section = static_cast<int>(page.sections.size()) - 1;
    Block block{Block::Kind::other, static_cast<int>(i) + 2, {}, section, quoted_file(before)};
    const std::string language = line.substr(3);
    while (++i < lines.size() && lines[i] != "```") block.lines.push_back(lines[i]);
    if (i == lines.size()) fail(path, block.line, "this block does not end");
    block.kind = kind_of(block, language);
    for (const std::string& code : block.lines) {
      if (code.find("<autograd/linalg/") != code.npos)
        page.sections.back().needs = "TAPEGRAD_WITH_LINALG";
      if (code.find("<nn/onnx/") != code.npos) page.sections.back().needs = "TAPEGRAD_WITH_ONNX";
      if (code.find("<nn/report/") != code.npos)
        page.sections.back().needs = "TAPEGRAD_WITH_REPORT";
    }
    page.blocks.push_back(std::move(block));
    before.clear();
  }
  return page;
}

std::string page_of_headers(const std::string& source, const std::vector<std::string>& headers) {
  std::string page = "# Headers\n";
  for (const std::string& header : headers) {
    const std::vector<std::string> lines = lines_of(source + "/" + header);
    const auto is_internal = [](const std::string& line) {
      return line.starts_with("// Internal");
    };
    if (std::any_of(lines.begin(), lines.end(), is_internal)) continue;
    page += "\n## " + header + "\n\n```cpp\n#include <" + header + ">\n```\n\n";
    bool code = false, any = false;
    std::size_t i = 3;
    if (lines.size() <= i || lines[2] != "/// @file")
      fail(header, 3,
           "a header says here what it is for, after `/// @file`, or that it is `// Internal`");
    for (; lines[i].starts_with("///"); ++i) {
      const std::string text = lines[i].size() > 4 ? lines[i].substr(4) : "";
      const bool indented = text.starts_with("    ");
      if (indented != code && (indented || !text.empty())) {
        page += "```" + std::string(indented ? "cpp" : "") + "\n";
        code = indented;
        any = true;
      }
      page += (code && indented ? text.substr(4) : text) + "\n";
    }
    if (code) page += "```\n";
    if (!any) fail(header, 3, "what this header is for is shown by no example");
  }
  return page;
}

std::string without_comment(const std::string& line, bool python) {
  char quote = 0;
  std::size_t end = line.size();
  for (std::size_t i = 0; i < line.size() && end == line.size(); ++i) {
    if (quote) {
      if (line[i] == '\\')
        ++i;
      else if (line[i] == quote)
        quote = 0;
    } else if (line[i] == '"' || line[i] == '\'') {
      quote = line[i];
    } else if (python ? line[i] == '#' : line.compare(i, 2, "//") == 0) {
      end = i;
    }
  }
  while (end > 0 && line[end - 1] == ' ') --end;
  return line.substr(0, end);
}

std::vector<Statement> statements_of(const Block& block) {
  const bool python = block.kind == Block::Kind::python;
  std::vector<Statement> list;
  bool open = false;
  int depth = 0;
  for (std::size_t i = 0; i < block.lines.size(); ++i) {
    const std::string code = without_comment(block.lines[i], python);
    if (code.empty()) continue;
    const bool indented = starts_with_any(code, {" ", ")", "]", "}", "else"});
    if (python ? !indented : !open)
      list.push_back({block.line + static_cast<int>(i), ""});
    else if (list.empty())
      throw std::runtime_error("a block begins with an indented line: " + code);
    list.back().text += (list.back().text.empty() ? "" : "\n") + (python ? block.lines[i] : code);
    char quote = 0;
    for (std::size_t at = 0; at < code.size(); ++at) {
      const char c = code[at];
      if (quote) {
        if (c == '\\')
          ++at;
        else if (c == quote)
          quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else {
        depth += (c == '(' || c == '[' || c == '{') - (c == ')' || c == ']' || c == '}');
      }
    }
    open = depth > 0 || (code.back() != ';' && code.back() != '}');
  }
  return list;
}

}  // namespace docs
