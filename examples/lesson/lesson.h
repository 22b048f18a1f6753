#pragma once

#include <fmt/format.h>
#include <nn/report/report.h>

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

// What the lessons share: a command line, and the page that each of them writes.

namespace lesson {

namespace report = tapegrad::report;

/// What a lesson is about.
struct About {
  std::string name;         ///< of the program, and of its page
  std::string title;        ///< above the page
  std::string what_to_see;  ///< below it
  bool takes_data = false;  ///< `--data DIR` is allowed
};

/// What the command line says: `[FILE.html] [--data DIR] [--quick]`.
struct Options {
  std::string file;    ///< where the page goes
  std::string data;    ///< folder of a data set; empty for none
  bool quick = false;  ///< for tests: pass over what takes long
};

/// Reads the command line and fills in the options. Returns what is wrong with it, or nothing.
inline std::string read(const About& about, int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto is_data = about.takes_data && argument == "--data";
    if (argument == "--quick") {
      options.quick = true;
    } else if (is_data && i + 1 < argc) {
      options.data = argv[++i];
    } else if (argument.empty() || argument.starts_with("-") || !options.file.empty()) {
      return fmt::format("usage: {} [FILE.html]{}", about.name,
                         about.takes_data ? " [--data DIR]" : "");
    } else {
      options.file = argument;
    }
  }
  if (options.file.empty()) options.file = about.name + ".html";
  return "";
}

/// The main function of every lesson: `teach` prints what it finds, fills the page, and returns
/// whether that shows what the lesson says. Exit status: 2 for a wrong command line, 1 for whatever
/// fails later.
inline int give(const About& about, bool (*teach)(report::Page&, const Options&), int argc,
                char** argv) try {
  Options options;
  if (const std::string mistake = read(about, argc, argv, options); !mistake.empty())
    return fmt::print(stderr, "{}\n", mistake), 2;
  report::Page page(about.title);
  page.text(about.what_to_see);
  const bool shown = teach(page, options);
  page.write(options.file);
  fmt::print("see {}\n", options.file);
  if (!shown) fmt::print(stderr, "{}: this run does not show what the lesson says\n", about.name);
  return shown ? 0 : 1;
} catch (const std::exception& error) {
  return fmt::print(stderr, "{}: {}\n", about.name, error.what()), 1;
}

}  // namespace lesson
