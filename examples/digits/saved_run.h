#pragma once

#include <chrono>
#include <string>

#include "choices.h"
#include "training.h"

namespace digits {

/// The file of --resume: a training is kept there, and goes on from there. Without a file nothing
/// is kept.
class SavedRun {
 public:
  explicit SavedRun(std::string file) : file_(std::move(file)) {
    checkpoint.add("epochs", epochs_);
  }

  nn::Checkpoint checkpoint;  ///< to which the parts of the training are added

  /// Takes over what is there, with the epochs that have been seen; begins the file where it is not
  /// there. Errors: `FileError`, and `ValueError` for another training.
  void load(Result& result);
  /// After an epoch.
  void save(const Result& result);
  /// After a batch; true every few seconds, when it has saved.
  bool save_sometimes();

 private:
  using Clock = std::chrono::steady_clock;

  std::string file_;
  nn::StateDict epochs_;
  Clock::time_point saved_ = Clock::now();
};

}  // namespace digits
