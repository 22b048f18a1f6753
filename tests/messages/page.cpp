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

/// As code in a field of a table. Between single marks Doxygen takes 'w' for the end of a quotation,
/// and ::no for a name that it should know.
std::string code(const std::string& text) {
  const std::string mark = text.find('\'') == text.npos ? "`" : "``";
  std::string result = mark;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n')
      result += mark + "<br>" + mark;
    else if (text[i] == '|')
      result += "\\|";
    else if (text.compare(i, 3, " ::") == 0)
      result += mark + " \\::" + mark, i += 2;
    else
      result += text[i];
  }
  return result + mark;
}

}  // namespace

int main() {
  fmt::print(R"(# Messages {{#messages}}

What the library says to a mistake, beside a call that makes it. A message names the function and, where a layer or a
`Scope` has one, its path (`[in net.fc]`); says what came and what was expected; and, where there is one, the way out.
Look yours up by a few of its words that are neither names nor numbers: "do not broadcast", "was released".

In the calls `x` is `ones({{2, 3}})` that requires a gradient, `y` the same without, `wide` the same as `float64`, `ints`
`arange(3)` and `bools` `tensor({{true, false}})`; `tg` is `tapegrad` and `nn` is `tapegrad::nn`. A call of several
statements has a line for each.

Not here are what is said of damaged files, where in them and what was expected there (@ref files); of a model that
cannot be exported (@ref onnx); of the parts of a report (@ref report); and of a NaN by `DetectAnomaly`, which tells where
it came from (@ref debugging). What does not compile is explained by the compiler. With `TAPEGRAD_TRACE=1` in the
environment, or in a `tapegrad::TraceScope`, a message also says where in the program the operator was recorded.

Tests check each of these messages to the letter, and compare them with the sources, so that no other is missing; the
program `messages_page`, built with them, wrote this page.
)");
  for (const messages::Section& section : messages::all_sections()) {
    fmt::print("\n## {}\n", section.title);
    if (!section.intro.empty()) fmt::print("\n{}\n", section.intro);
    fmt::print("\n| call | error | message |\n|---|---|---|\n");
    for (const messages::Mistake& row : section.rows)
      fmt::print("| {} | `{}` | {} |\n", code(lines(row.what)), row.type_name, code(row.text));
  }
}
