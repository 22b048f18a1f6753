#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace digits {

/// What the command line asks for.
struct Options {
  std::string data = {};  ///< folder in MNIST's format; empty with `embedded`
  bool embedded = false;  ///< the 8x8 images inside the program
  std::vector<int> layers{1, 2, 3};
  std::vector<std::string> activations{"relu"};
  int hidden = 256;  ///< width of the hidden layers
  int epochs = 10;
  int batch = 64;
  std::string optimizer = "adam";
  double lr = 0;  ///< filled in with the default of the optimizer
  std::string schedule = "cosine";
  std::uint64_t seed = 1;
  int threads = 1;
  std::string report = {};  ///< folder; empty for none
  // Files, of one network; empty for none.
  std::string save = {}, load = {}, resume = {}, onnx = {};
  bool quick = false;
};

/// Reads the command line. For `--help` and for mistakes it prints what there is to say and returns
/// the exit status; otherwise nothing, and `options` is filled in.
std::optional<int> read_options(int argc, char** argv, Options& options);

}  // namespace digits
