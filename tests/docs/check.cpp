#include "tests/docs/check.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/docs/program.h"
#include "tests/temp_folder.h"

namespace docs {

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// What the program prints, by the line of the page that it belongs to.
std::map<int, std::string> output_of(const std::string& program) {
  const std::string text = run(program);
  std::map<int, std::string> parts;
  for (std::size_t at = text.find(kMark); at != text.npos;) {
    const std::size_t next = text.find(kMark, at + 1);
    const std::string part = text.substr(at + 1, next == text.npos ? next : next - at - 1);
    const std::size_t end = part.find('\n');
    parts[std::stoi(part)] += part.substr(end + 1);
    at = next;
  }
  return parts;
}

/// A statement of Python in the file of values, and its value.
struct Value {
  std::string python, value;
};

/// The file has the lines "## SECTION", "STATEMENT" and "  VALUE".
std::vector<Value> values_of(const std::string& path) {
  std::vector<Value> values;
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("## ")) continue;
    if (line.starts_with("  ") && !values.empty())
      values.back().value = line.substr(2);
    else
      values.push_back({line, ""});
  }
  return values;
}

/// Equal but for the rounding of numbers.
bool agree(const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  std::vector<std::string> in_a{std::istream_iterator<std::string>(left), {}};
  std::vector<std::string> in_b{std::istream_iterator<std::string>(right), {}};
  if (in_a.size() != in_b.size()) return false;
  for (std::size_t i = 0; i < in_a.size(); ++i) {
    if (in_a[i] == in_b[i]) continue;
    char *end_a, *end_b;
    const double x = std::strtod(in_a[i].c_str(), &end_a), y = std::strtod(in_b[i].c_str(), &end_b);
    const bool numbers = end_a != in_a[i].c_str() && end_b != in_b[i].c_str();
    if (!numbers || std::string(end_a) != end_b) return false;
    if (!(std::abs(x - y) <= 2e-6 + 2e-5 * std::abs(y))) return false;
  }
  return true;
}

/// How much of a value is compared: all, or, of random numbers, type and shape alone.
std::string compared_part(const std::string& value, const std::string& python) {
  const std::string code = without_comment(python, true);
  const std::string comment = python.substr(code.size());
  if (comment.find("differs") != comment.npos) return "";
  if (comment.find("random") == comment.npos) return value;
  const std::size_t shape_end = value.find(']');
  return shape_end == value.npos ? "" : value.substr(0, shape_end + 1);
}

class Check {
 public:
  Check(const Page& page, const std::string& source) : page_(page), source_(source) {}

  void quotes() {
    for (const Block& block : page_.blocks)
      if (block.kind == Block::Kind::quote) quote(block);
  }

  void output(const std::map<int, std::string>& parts) {
    for (std::size_t i = 0; i < page_.blocks.size(); ++i) {
      const Block& block = page_.blocks[i];
      if (block.kind != Block::Kind::statements || page_.partner(i) >= 0) continue;
      const bool said =
          i + 1 < page_.blocks.size() && page_.blocks[i + 1].kind == Block::Kind::text;
      const auto part = parts.find(block.line);
      if (part == parts.end()) continue;  // of a section that is left out
      const std::string expected = said ? joined(page_.blocks[i + 1].lines) : "";
      if (part->second != expected)
        note(said ? page_.blocks[i + 1].line : block.line, "the code prints\n" + part->second);
    }
  }

  void pairs(const std::map<int, std::string>& parts, const std::vector<Value>& values) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < page_.blocks.size(); ++i) {
      const int partner = page_.partner(i);
      if (partner < 0) continue;
      const Block& python = page_.blocks[static_cast<std::size_t>(partner)];
      const std::vector<Statement> theirs = statements_of(python);
      const Block& block = page_.blocks[i];
      const bool compared = block.kind == Block::Kind::statements;
      const std::vector<Statement> ours = compared ? statements_of(block) : theirs;
      if (theirs.size() != ours.size()) {
        note(block.line, std::to_string(ours.size()) + " statements beside " +
                             std::to_string(theirs.size()) + " of Python");
        return;
      }
      for (std::size_t k = 0; k < ours.size(); ++k) {
        const std::string first = theirs[k].text.substr(0, theirs[k].text.find('\n'));
        if (next >= values.size() || values[next].python != first) {
          note(theirs[k].line, "this is not in the file of values: run tests/docs/torch_values");
          return;
        }
        const std::string& value = values[next++].value;
        if (!compared) continue;
        if (theirs[k].line - python.line != ours[k].line - block.line)
          note(ours[k].line, "this does not stand beside its line of Python");
        if (value != "not run") compare(ours[k].line, parts, value, first);
      }
    }
    if (next != values.size())
      note(1, "the file of values has more than this page: run tests/docs/torch_values");
  }

  std::vector<std::string> found;

 private:
  void note(int line, const std::string& text) {
    found.push_back(page_.path + ":" + std::to_string(line) + ": " + text);
  }

  void compare(int line, const std::map<int, std::string>& parts, const std::string& value,
               const std::string& python) {
    const auto part = parts.find(line);
    if (part == parts.end()) return;  // of a section that is left out
    // Behind what the statement itself prints.
    std::string got = part->second.substr(0, part->second.size() - 1);
    if (const std::size_t end = got.rfind('\n'); end != got.npos) got = got.substr(end + 1);
    if (!agree(compared_part(got, python), compared_part(value, python)))
      note(line, "gives " + got + "\n  PyTorch " + value);
  }

  /// The lines between two "..." stand in the file one after the other, perhaps further indented.
  void quote(const Block& block) {
    std::ifstream stream(source_ + "/" + block.file);
    if (!stream) return note(block.line, "there is no file " + block.file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    std::size_t from = 0, at = 0;
    while (at < block.lines.size()) {
      std::size_t end = at;
      while (end < block.lines.size() && !is_gap(block.lines[end])) ++end;
      const std::size_t place = find(lines, from, block.lines, at, end);
      if (end > at && place == lines.size())
        return note(block.line + static_cast<int>(at),
                    "this is not, or not in this order, in " + block.file);
      if (end > at) from = place + (end - at);
      at = end + 1;
    }
  }
  static bool is_gap(const std::string& line) {
    return line.find_first_not_of(' ') != line.npos &&
           line.substr(line.find_first_not_of(' ')) == "...";
  }
  static std::size_t find(const std::vector<std::string>& lines, std::size_t from,
                          const std::vector<std::string>& quoted, std::size_t first,
                          std::size_t last) {
    for (; from + (last - first) <= lines.size(); ++from) {
      const std::size_t at = lines[from].find(quoted[first]);
      if (at == lines[from].npos || lines[from].find_first_not_of(' ') < at) continue;
      const std::string indent(at, ' ');
      std::size_t k = 0;
      while (k < last - first &&
             lines[from + k] == (quoted[first + k].empty() ? "" : indent) + quoted[first + k])
        ++k;
      if (k == last - first) return from;
    }
    return lines.size();
  }

  const Page& page_;
  const std::string& source_;
};

}  // namespace

std::string run(const std::string& program) {
  const TempFolder folder;
  const std::string command = "cd '" + folder.path() + "' && '" + program + "'";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + program);
  std::string text;
  char buffer[4096];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    text.append(buffer, got);
  if (const int status = ::pclose(pipe); status != 0)
    throw std::runtime_error(program + " ended with status " + std::to_string(status) +
                             "; it had printed\n" + text);
  return text;
}

std::vector<std::string> differences(const Page& page, const std::string& program,
                                     const std::string& source, const std::string& values) {
  Check check(page, source);
  check.quotes();
  const std::map<int, std::string> parts = output_of(program);
  check.output(parts);
  check.pairs(parts, values_of(values));
  return check.found;
}

}  // namespace docs
