#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "nn/train/history.h"

// Internal: how a Trainer shows how it goes.

namespace tapegrad::nn::detail {

/// Shows how a training goes: in a terminal a line that changes, and stays at the end of each
/// epoch; in a file a line for each epoch. Without a file nothing.
class TrainingProgress {
 public:
  /// `before`: epochs that an earlier start has done, with a part of one.
  TrainingProgress(std::FILE* file, std::int64_t epochs, std::int64_t examples_per_epoch,
                   double before);
  TrainingProgress(const TrainingProgress&) = delete;
  TrainingProgress& operator=(const TrainingProgress&) = delete;
  ~TrainingProgress();

  /// Shows that the run goes on from `file`, or that it is over.
  void resumed(const std::string& file, const std::string& what);
  /// Whether it is time to show something again.
  bool due();
  /// Shows the epoch so far.
  void step(std::int64_t epoch, const Score& so_far);
  /// Shows an epoch that is over.
  void epoch(const EpochRecord& epoch);

 private:
  using Clock = std::chrono::steady_clock;

  std::string counted(std::int64_t epoch) const;
  std::string time_left(double epochs_done) const;
  void print(const std::string& text);

  std::FILE* file_;
  bool terminal_;
  std::int64_t epochs_;
  std::int64_t examples_per_epoch_;
  double before_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_{};
};

}  // namespace tapegrad::nn::detail
