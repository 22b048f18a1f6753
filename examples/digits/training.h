#pragma once

#include <nn/nn.h>

#include <cstdint>
#include <string>
#include <vector>

#include "images.h"
#include "options.h"

namespace digits {

/// One trained network.
struct Result {
  std::vector<std::int64_t> widths{};  ///< pixels, hidden layers, classes
  std::string activation{};            ///< "-" for one layer
  nn::Sequential network{};
  nn::History history{};  ///< training scores are of the weights at the end of each epoch
  nn::Score test{};

  int layers() const { return static_cast<int>(widths.size()) - 1; }
  std::int64_t parameters() const { return nn::parameter_count(network); }
  bool diverged() const { return history.ended == nn::Ended::diverged; }
  /// By Ctrl-C, before its end: there is no test.
  bool interrupted() const { return history.ended == nn::Ended::interrupted; }
  double seconds_per_epoch() const;
};

/// The share of the images that were read rightly.
double accuracy(const nn::Score& score);

/// Trains one network and shows how it goes. The result depends on the options alone, not on
/// networks trained before nor on the number of threads. Errors: `FileError` for files that cannot
/// be written; `ValueError` for a file of another training.
Result train(const Options& options, const Images& images, int layers,
             const std::string& activation);

}  // namespace digits
