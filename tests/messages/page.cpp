// Prints the table of messages as a page of the reference, autograd/docs/messages.md.

#include <fmt/format.h>

#include <string>

#include "tests/messages/tables.h"

namespace {

/// Each statement in a line of its own, but for those of a lambda.
std::string lines(std::string statements) {
  int depth = 0;
  for (std::size_t i = 1; i < statements.size(); ++i) {
    const char c = statements[i];
    depth += (c == '(' || c == '{') - (c == ')' || c == '}');
    const char before = statements[i - 1];
    if (c == ' ' && depth == 0 && (before == ';' || before == '}')) statements[i] = '\n';
  }
  return statements;
}

/// As code in a field of a table.
std::string code(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n')
      result += "`<br>`";
    else if (c == '|')
      result += "\\|";
    else
      result += c;
  }
  return "`" + result + "`";
}

}  // namespace

int main() {
  fmt::print(R"(# Messages {{#messages}}

What the library says to a mistake, beside a call that makes it. A message names the function and, where a layer or a
`Scope` has one, its path (`[in net.fc]`); says what came and what was expected; and, where there is one, the way out.
Look one up by a few of its words. The program `messages_page`, built with the tests, wrote this page, from the tables that
check each message to the letter; a test compares those with the sources, so that none is missing.

In the calls `x` is `ones({{2, 3}})` that requires a gradient, `y` the same without, `wide` the same as `float64`, `ints`
`arange(3)` and `bools` `tensor({{true, false}})`; `tg` is `tapegrad` and `nn` is `tapegrad::nn`.

Not here are messages about files, which name the file and the place in it (@ref files, @ref data); about the export of
models (@ref onnx), and reports; and `AnomalyError`, whose text is another one each time (`DetectAnomaly`). What does not
compile is explained by the compiler.
)");
  for (const messages::Section& section : messages::all_sections()) {
    fmt::print("\n## {}\n", section.title);
    if (!section.intro.empty()) fmt::print("\n{}\n", section.intro);
    fmt::print("\n| call | error | message |\n|---|---|---|\n");
    for (const messages::Mistake& row : section.rows)
      fmt::print("| {} | `{}` | {} |\n", code(lines(row.what)), row.type_name, code(row.text));
  }
}
