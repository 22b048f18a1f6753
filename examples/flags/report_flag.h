#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

// The flags of a program that can write a page with pictures.

namespace flags {

/// Reads `[--report FILE.html]`; `file` stays empty without it. For a mistake it says what is wrong,
/// and returns the exit status.
inline std::optional<int> read_report_flag(std::string_view program, int argc, char** argv,
                                           std::string& file) {
  constexpr std::string_view with_file = "--report=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick") continue;  // for tests; there is nothing to pass over
    if (argument == "--report" && i + 1 < argc)
      file = argv[++i];
    else
      file = argument.starts_with(with_file) ? argument.substr(with_file.size()) : "";
    if (file.empty() || file.starts_with('-')) {
      fmt::print(stderr, "{}: '{}': usage: {} [--report FILE.html]\n", program, argument, program);
      return 2;
    }
  }
#if !defined(TAPEGRAD_WITH_REPORT)
  if (!file.empty()) {
    fmt::print(
        stderr,
        "{}: --report: this program was built without tapegrad::report; CMake says what that "
        "needs, when it configures: get it, and build again\n",
        program);
    return 2;
  }
#endif
  return std::nullopt;
}

}  // namespace flags
