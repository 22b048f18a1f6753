#include "tests/docs/program.h"

#include <regex>

namespace docs {

namespace {

/// Where the compiler is to say that the next line comes from.
std::string line_directive(const Page& page, int line) {
  return "#line " + std::to_string(line) + " \"" + page.path + "\"\n";
}

std::string mark(int line) { return "docs::mark(" + std::to_string(line) + ");\n"; }

/// The statement, and behind it what tells its value: that of the variables that it declares, or its
/// own. Compound statements have none.
std::string with_value(const std::string& statement) {
  static const std::regex declaration(
      "(const )?[a-zA-Z_:]+[a-zA-Z0-9_:<>]*(&|&&)? ([a-zA-Z]\\w*|\\[[\\w, ]+\\])( = |\\{|\\(|;).*");
  static const std::regex compound("(for|if|while|do|using|static|struct) .*|\\{.*");
  const std::string first = statement.substr(0, statement.find('\n'));
  std::smatch match;
  if (std::regex_match(first, compound)) return statement + "\ndocs::no_value();\n";
  if (std::regex_match(first, match, declaration) && !first.starts_with("return ")) {
    std::string names = match[3].str();
    if (names.front() == '[') names = names.substr(1, names.size() - 2);
    return statement + "\ndocs::value(" + names + ");\n";
  }
  const std::string expression = statement.substr(0, statement.size() - 1);
  return "docs::value((" + expression + ", docs::End()));\n";
}

}  // namespace

std::string program_of(const Page& page) {
  std::string includes, definitions, calls;
  std::vector<std::string> functions(page.sections.size());
  const auto guarded = [&](int section, const std::string& text) {
    const std::string& needs = page.sections[static_cast<std::size_t>(section)].needs;
    return needs.empty() ? text : "#if defined(" + needs + ")\n" + text + "#endif\n";
  };
  for (std::size_t i = 0; i < page.blocks.size(); ++i) {
    const Block& block = page.blocks[i];
    std::string& function = functions[static_cast<std::size_t>(block.section)];
    if (block.kind == Block::Kind::definitions) {
      std::string text = line_directive(page, block.line);
      for (const std::string& line : block.lines) {
        const bool include = line.starts_with("#include");
        if (include) includes += guarded(block.section, line + "\n");
        text += (include ? "" : line) + "\n";
      }
      definitions += guarded(block.section, text);
    } else if (block.kind == Block::Kind::statements && page.partner(i) >= 0) {
      for (const Statement& statement : statements_of(block))
        function += mark(statement.line) + line_directive(page, statement.line) +
                    with_value(statement.text);
    } else if (block.kind == Block::Kind::statements) {
      function += mark(block.line) + line_directive(page, block.line);
      for (const std::string& line : block.lines) function += line + "\n";
    }
  }
  std::string text = "#include \"tests/docs/shown.h\"\n" + includes + "namespace {\n" + definitions;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].empty()) continue;
    const std::string name = "section_" + std::to_string(i);
    text += guarded(static_cast<int>(i), "void " + name + "() {\n" + functions[i] + "}\n");
    calls += guarded(static_cast<int>(i), "  " + name + "();\n");
  }
  return text + "}  // namespace\nint main() {\n" + calls + "}\n";
}

}  // namespace docs
