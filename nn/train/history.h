#pragma once

/// @file
/// What a training was like, epoch by epoch, as a value.
///
///     nn::History history;
///     nn::EpochRecord epoch;
///     epoch.epoch = 1, epoch.lr = 0.1, epoch.training.loss = 0.5;
///     history.epochs.push_back(epoch);
///     const std::string table = history.csv();

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/metrics/metrics.h"

namespace tapegrad::nn {

/// @addtogroup training
/// @{

/// A number that was measured, by name.
struct Measured {
  std::string name;                    ///< such as "accuracy"
  double value = 0;                    ///< the mean over the examples
  std::optional<Interval> interval{};  ///< where the true mean lies, with 95 % confidence
  bool share = false;  ///< it is the share of the examples for which something holds
};

/// How a model does on some examples.
struct Score {
  std::int64_t examples = 0;      ///< how many there were
  double loss = 0;                ///< mean over the examples
  std::vector<Measured> metrics;  ///< in the order in which they were asked for

  /// The metric of that name, or nullptr.
  const Measured* find(std::string_view name) const;
};

/// What was seen of one parameter in an epoch.
struct ParameterRecord {
  std::string name;     ///< dotted, such as "0.weight"
  double largest = 0;   ///< largest absolute element, at the end of the epoch
  double norm = 0;      ///< root of the sum of squares, at the end of the epoch
  double gradient = 0;  ///< norm of the gradient, mean over some steps of the epoch; NaN for none
  double update = 0;    ///< norm of the change in a step, likewise
};

/// What was seen in an epoch.
struct EpochRecord {
  std::int64_t epoch = 0;                   ///< counted from 1
  std::int64_t steps = 0;                   ///< of the optimizer, since the beginning
  double lr = 0;                            ///< learning rate of the first group in its last step
  double seconds = 0;                       ///< of training alone
  Score training;                           ///< on the training examples
  std::optional<Score> validation{};        ///< on the validation examples, where there are any
  std::vector<ParameterRecord> parameters;  ///< in the order of the optimizer
  bool best = false;                        ///< the best epoch so far, by what is monitored
};

/// Why a training ended.
enum class Ended {
  not_yet,         ///< it goes on, or has not begun
  all_epochs,      ///< all epochs, or steps, are done
  early_stopping,  ///< no better epoch came for too long
  stopped,         ///< `Trainer::stop` was called
  interrupted,     ///< by Ctrl-C
  diverged,        ///< the loss was not finite
};
/// "all epochs" and so on.
std::string_view to_string(Ended ended);

/// What a training was like, epoch by epoch: what `Trainer::fit` returns, and what pictures and
/// reports are made of. A plain value: programs with a loop of their own fill it in themselves.
struct History {
  std::vector<EpochRecord> epochs;  ///< the first one first
  Ended ended = Ended::not_yet;     ///< why there are no more

  /// The epoch that was best by what was monitored, or nullptr.
  const EpochRecord* best() const;
  /// A line for each epoch and a column for each number, with a head: "epoch,steps,lr,seconds,
  /// training_loss,training_accuracy,...". What an epoch does not have is an empty field.
  std::string csv() const;
  /// The same as a JSON object, with everything that is known; numbers that are no numbers in JSON
  /// are the texts "nan", "inf" and "-inf".
  std::string json() const;
  /// What `json` gave. Errors: `ValueError` for another text, with the place.
  static History from_json(std::string_view text);
};

/// @}

}  // namespace tapegrad::nn
