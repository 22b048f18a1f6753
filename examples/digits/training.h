#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "images.h"
#include "options.h"

namespace digits {

/// How a network does on some images.
struct Score {
  double loss = 0;  ///< mean cross-entropy
  std::int64_t correct = 0;
  std::int64_t images = 0;

  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(images); }
};

/// What was seen after an epoch. Both scores are of the weights at its end.
struct Epoch {
  double lr;  ///< in its last step
  Score training;
  Score validation;
  std::vector<double> largest_weight;  ///< largest absolute weight of each layer
  double seconds;                      ///< of training alone
};

/// One trained network.
struct Result {
  std::vector<std::int64_t> widths = {};  ///< pixels, hidden layers, classes
  std::string activation = {};            ///< "-" for one layer
  std::int64_t parameters = 0;
  std::vector<Epoch> epochs = {};
  Score test = {};
  bool diverged = false;  ///< the loss was no longer finite; the last epoch is that one

  int layers() const { return static_cast<int>(widths.size()) - 1; }
  double seconds_per_epoch() const;
};

/// Trains one network and shows how it goes. The result depends on the options alone, not on
/// networks trained before nor on the number of threads.
Result train(const Options& options, const Images& images, int layers,
             const std::string& activation);

}  // namespace digits
