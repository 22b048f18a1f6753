#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/report/answers.h"

// Internal: models as groups of runs, and whether two differ.

namespace tapegrad::nn::detail {

/// The runs of one model, which differ by their seeds.
struct Group {
  std::int64_t layers = 0;
  std::string activation;
  std::vector<const Run*> runs;
  // On the examples that all groups were scored on.
  double mean = 0;             // share of right answers
  double examples = 0;         // that one run was asked
  double seed_variance = 0;    // of the mean, among seeds
  double validation_loss = 0;  // mean of the best epochs; NaN for none
};

/// Groups that can be compared.
struct Groups {
  std::vector<Group> list;  // by layers, then in the order in which they came
  std::string metric;       // empty: nothing to compare them by
  bool by_test = true;      // false: by the validation examples
  bool repeated = false;    // some have several seeds
};

/// Groups of the runs whose number of layers is known.
Groups groups_of(const std::vector<Run>& runs);

/// What the test says of two groups: a is better, worse, alike, or the data do not say.
enum class Outcome { better, worse, alike, open };
struct Comparison {
  double difference = 0;  // of the means, a's minus b's
  double half_width = 0;  // of the 95 % interval that all comparisons have at once
  double p = 1;           // of no difference, times the number of comparisons
  Outcome outcome() const;
};
Comparison compare(const Group& a, const Group& b, std::size_t comparisons);

/// The least validation loss's epoch, or the last one; nullptr for none.
const EpochRecord* best_epoch(const History& history);
/// The parameters that are weights of layers, in their order.
std::vector<const ParameterRecord*> weights_of(const EpochRecord& epoch);

/// "98.12 %".
std::string percent(double share);
/// "relu, 2 layers (98.12 %) is 0.60 ± 0.40 points better than sigmoid, 2 layers (97.52 %), p = 0.02";
/// where chance explains the difference, that they are alike, or cannot be told apart.
std::string comparison_text(const Group& a, const Group& b, const Comparison& comparison);
/// How the groups were compared.
std::string method_text(const Groups& groups, std::size_t comparisons);
/// "a, b and c".
std::string list_text(const std::vector<std::string>& names);

}  // namespace tapegrad::nn::detail
