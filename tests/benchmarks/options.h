#pragma once

#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace bench {

struct Options {
  std::regex filter{""};
  std::vector<int> threads{1};
  std::string json = {};
  std::string data = "/usr/share/datasets/fashion-mnist";
  bool quick = false;
  bool list = false;
  bool alone = false;
};

/// Reads the command line. Returns the status to exit with, if the program is to end at once.
std::optional<int> read_options(int argc, char** argv, Options& options);

}  // namespace bench
