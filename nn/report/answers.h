#pragma once

/// @file
/// The questions of the lab, answered from what trainings were like.
///
///     nn::History history;  // what `nn::Trainer::fit` returns
///     const std::vector<nn::Run> runs{{.name = "relu, 2 layers", .history = history, .layers = 2}};
///     for (const nn::LabAnswer& answer : nn::lab_answers(runs))
///       fmt::print("{} {}: {}\n", answer.question, answer.verdict, answer.text);

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/train/history.h"

namespace tapegrad::nn {

/// @addtogroup report
/// @{

/// A training that is reported or compared with others.
struct Run {
  std::string name;                ///< such as "relu, 2 layers"; in legends and tables
  History history = {};            ///< what `Trainer::fit` returned
  std::optional<Score> test = {};  ///< how the trained model does on examples held out for that
  std::int64_t parameters = 0;     ///< how many numbers were trained; 0 where it is not known
  std::int64_t layers = 0;         ///< with weights; 0 where it is not known
  std::string activation = {};     ///< between the layers; empty where there is none
  std::optional<std::uint64_t> seed{};  ///< runs that differ by it alone are repetitions
};

/// The questions of the lab.
enum class LabQuestion {
  activation,   ///< does the activation matter?
  layers,       ///< are 2 or 3 layers needed?
  overfitting,  ///< where does overfitting start?
  depth,        ///< is there trouble with depth?
  weights,      ///< how do the weights behave?
};

/// An answer that was computed from runs.
struct LabAnswer {
  LabQuestion about;     ///< which question
  std::string question;  ///< the same in words
  std::string verdict;   ///< in a few words, such as "2 layers are needed"; "not answered"
  std::string text;      ///< what it is concluded from, or what is missing
  std::vector<std::string> details = {};  ///< the numbers, model by model
  bool answered = true;                   ///< false: the data do not say
  bool trouble = false;                   ///< what was found is no good news
};

/// An answer to each question of the lab, in their order. Where the data do not answer, it says so.
///
/// **Activation, layers**: the share of right answers on the test examples (the metric "accuracy",
/// else the first with an interval), or, where runs lack one, on the validation examples in the
/// best epoch. Two models differ where a two-proportion z-test says so at 5 %; where seeds were
/// repeated, the variance among them is added to that of the test. They are alike where the 95 %
/// interval of the difference stays within 1 percentage point; else the data do not say. Both p and
/// the interval are those of all comparisons at once (Bonferroni).
///
/// **Overfitting** starts where the validation loss is least, if from there to the end it rises by
/// 1 % and by 3 standard deviations of its noise, while the training loss falls on. What rises and
/// falls are means: of the three epochs from the least loss on and of the last three, or of as many
/// as there are for both. The noise is that of an epoch about the mean of its neighbours. A rise by
/// 5 % that its noise may have made leaves the question open. At least 5 epochs are needed.
///
/// **Depth**: from 3 layers on, the ratio between the gradient norms of the first and the last
/// layer's weights, as a median over epochs, below 1 / 10 or above 10; a network that is worse than
/// a less deep one of the same activation, by the test above; or one that diverged.
///
/// **Weights**: the largest absolute weight at the end, against that after the first epoch; 10 % are
/// a change. At least 3 epochs are needed.
std::vector<LabAnswer> lab_answers(const std::vector<Run>& runs);

/// @}

}  // namespace tapegrad::nn
