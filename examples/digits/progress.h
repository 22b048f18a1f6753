#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "training.h"

namespace digits {

/// "1,234,567".
std::string with_commas(std::int64_t number);

/// Shows how a training goes: in a terminal a line that changes, and stays at the end of each
/// epoch; in a file one line per epoch.
class Progress {
 public:
  /// Prints what is being trained, and that it goes on where the network has epochs.
  Progress(const Result& network, int epochs, std::int64_t images_per_epoch);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// After each batch, with the score of the epoch so far.
  void batch(const Score& so_far);
  /// After each epoch.
  void epoch(const Epoch& epoch);

 private:
  using Clock = std::chrono::steady_clock;

  std::string time_left(double epochs_done) const;

  int epochs_;
  std::int64_t images_per_epoch_;
  int before_;  ///< epochs of an earlier start
  int done_ = before_;
  bool terminal_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point epoch_start_ = start_;
  Clock::time_point shown_ = {};
};

}  // namespace digits
