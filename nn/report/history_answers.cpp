#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "nn/report/answer_parts.h"

// The answers that look at how a training went.

namespace tapegrad::nn::detail {

namespace {

constexpr std::size_t kFewestEpochs = 5;        // to see overfitting
constexpr std::size_t kFewestWeightEpochs = 3;  // to see how weights go
constexpr std::size_t kEnd = 3;                 // epochs that are "the end"
constexpr double kNoises = 3;                   // standard deviations that are more than noise
constexpr double kLeastRise = 0.01;             // of the validation loss, as a part of it
constexpr double kGradientTrouble = 10;         // ratio between layers
constexpr double kWeightChange = 0.1;           // as a part of the weight

// ---- overfitting

/// The validation loss of each epoch, up to the first that has none, or none that is finite.
std::vector<double> validation_losses(const History& history) {
  std::vector<double> losses;
  for (const EpochRecord& epoch : history.epochs) {
    if (!epoch.validation || !std::isfinite(epoch.validation->loss)) break;
    losses.push_back(epoch.validation->loss);
  }
  return losses;
}

/// The standard deviation of what is not smooth: from the median distance of a number to the mean
/// of its neighbours, so that the first steep epochs do not count. If all numbers are independent,
/// that has 3/2 of their variance, and of a normal distribution the median is 0.6745 deviations.
double noise_of(const std::vector<double>& values) {
  std::vector<double> distances;
  for (std::size_t i = 1; i + 1 < values.size(); ++i)
    distances.push_back(std::abs(values[i] - (values[i - 1] + values[i + 1]) / 2));
  return median_of(std::move(distances)) / 0.6745 / std::sqrt(1.5);
}

double mean_of_end(const std::vector<double>& values) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(kEnd, values.size()));
  return std::accumulate(values.end() - count, values.end(), 0.0) / static_cast<double>(count);
}

struct Overfitting {
  std::int64_t epoch = 0;  // after which it is seen; 0: it is not
  std::string text;
};

Overfitting overfitting_of(const Run& run, const std::vector<double>& losses) {
  const auto least = std::ranges::min_element(losses);
  const EpochRecord& then = run.history.epochs[static_cast<std::size_t>(least - losses.begin())];
  const EpochRecord& last = run.history.epochs[losses.size() - 1];
  const double end = mean_of_end(losses), noise = noise_of(losses);
  const bool rises = end > *least + kNoises * noise && end > *least * (1 + kLeastRise);
  const bool learns = last.training.loss < then.training.loss;
  std::string text = fmt::format("{}: the validation loss is least in epoch {} of {} ({:.4g})",
                                 run.name, then.epoch, losses.size(), *least);
  if (!rises)
    text +=
        fmt::format("; {:.4g} at the end is no rise beyond noise (± {:.2g}) and 1 %.", end, noise);
  else
    text += fmt::format(
        " and {:.4g} at the end, while the training loss goes from {:.3g} to {:.3g}{}.", end,
        then.training.loss, last.training.loss, learns ? "" : ", which is no overfitting");
  return {.epoch = rises && learns ? then.epoch : 0, .text = std::move(text)};
}

// ---- depth

/// The ratio between the gradient norms of the first and the last layer, as a median over the
/// epochs; NaN where they are not known.
double gradient_ratio(const History& history) {
  std::vector<double> ratios;
  for (const EpochRecord& epoch : history.epochs) {
    const auto weights = weights_of(epoch);
    if (weights.size() < 2) continue;
    const double ratio = weights.front()->gradient / weights.back()->gradient;
    if (!std::isnan(ratio)) ratios.push_back(ratio);
  }
  return median_of(std::move(ratios));
}

/// What is to be said of deep groups that are worse than one that is less deep.
std::vector<std::string> worse_with_depth(const Groups& groups) {
  std::vector<std::pair<const Group*, const Group*>> pairs;
  if (groups.metric.empty()) return {};
  for (const Group& deep : groups.list) {
    if (deep.layers < kFewestDeepLayers) continue;
    for (const Group& other : groups.list)
      if (other.layers < deep.layers && (other.layers == 1 || other.activation == deep.activation))
        pairs.emplace_back(&deep, &other);
  }
  std::vector<std::string> texts;
  for (const auto& [deep, other] : pairs) {
    const Comparison comparison = compare(*deep, *other, pairs.size());
    if (comparison.outcome() == Outcome::worse)
      texts.push_back(comparison_text(*deep, *other, comparison));
  }
  return texts;
}

// ---- weights

/// The largest absolute weight of an epoch, and where it is; NaN is larger than all.
struct LargestWeight {
  double value = 0;
  std::string name;
};
LargestWeight largest_of(const EpochRecord& epoch) {
  LargestWeight largest;
  for (const ParameterRecord* weight : weights_of(epoch))
    if (largest.name.empty() || !(weight->largest <= largest.value))
      largest = {.value = weight->largest, .name = weight->name};
  return largest;
}

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

LabAnswer overfitting_answer(const std::vector<Run>& runs) {
  LabAnswer answer = asked(LabQuestion::overfitting, "Where does overfitting start?");
  std::vector<std::string> too_short;
  Overfitting earliest;
  std::size_t longest = 0;
  for (const Run& run : runs) {
    const std::vector<double> losses = validation_losses(run.history);
    if (losses.size() < kFewestEpochs) {
      too_short.push_back(run.name);
      continue;
    }
    longest = std::max(longest, losses.size());
    Overfitting found = overfitting_of(run, losses);
    answer.details.push_back(found.text);
    if (found.epoch > 0 && (earliest.epoch == 0 || found.epoch < earliest.epoch))
      earliest = std::move(found);
  }
  if (longest == 0)
    return unanswered(
        std::move(answer),
        fmt::format("No run has {} epochs with a validation loss that is finite.", kFewestEpochs));
  if (!too_short.empty())
    answer.details.push_back(
        fmt::format("Not told for {}: fewer than {} epochs with a finite validation loss.",
                    list_text(too_short), kFewestEpochs));
  answer.details.push_back(fmt::format(
      "It starts where the validation loss is least, if by the end that has risen by {} times its "
      "noise and by 1 %, while the training loss fell on.",
      kNoises));
  answer.trouble = earliest.epoch > 0;
  if (earliest.epoch > 0) {
    answer.verdict =
        fmt::format("after epoch {}{}", earliest.epoch, runs.size() > 1 ? " at the earliest" : "");
    answer.text = earliest.text;
  } else {
    answer.verdict = fmt::format("not within {} epochs", longest);
    answer.text = "No validation loss rises beyond its noise while the training loss falls.";
  }
  return answer;
}

LabAnswer depth_answer(const std::vector<Run>& runs, const Groups& groups) {
  LabAnswer answer = asked(LabQuestion::depth, "Is there trouble with depth?");
  std::vector<std::string> diverged;
  bool deep = false;
  double farthest = 1;  // from 1
  for (const Run& run : runs) {
    if (run.layers < kFewestDeepLayers) continue;
    deep = true;
    if (run.history.ended == Ended::diverged) diverged.push_back(run.name);
    const double ratio = gradient_ratio(run.history);
    if (std::isnan(ratio)) continue;
    answer.details.push_back(fmt::format(
        "{}: the gradient of the first layer's weights has {:.2g} times the norm of the last "
        "layer's.",
        run.name, ratio));
    if (answer.text.empty() || std::abs(std::log(ratio)) > std::abs(std::log(farthest))) {
      farthest = ratio;
      answer.text = answer.details.back();
    }
  }
  if (!deep)
    return unanswered(std::move(answer),
                      fmt::format("No model with {} layers or more was trained, or it is not known "
                                  "how many layers they have.",
                                  kFewestDeepLayers));
  const bool known = !answer.text.empty();
  const std::vector<std::string> worse = worse_with_depth(groups);
  const bool vanishes = farthest<1 / kGradientTrouble, explodes = farthest> kGradientTrouble;
  answer.trouble = vanishes || explodes || !worse.empty() || !diverged.empty();
  if (!answer.trouble && !known)
    return unanswered(
        std::move(answer),
        fmt::format("No gradients were recorded of the models with {} layers or more.",
                    kFewestDeepLayers));
  answer.verdict = explodes            ? "yes, gradients explode"
                   : vanishes          ? "yes, gradients vanish"
                   : !diverged.empty() ? "yes, training diverged"
                   : !worse.empty()    ? "yes, deeper is worse"
                                       : "no";
  const auto say = [&](const std::string& text) {
    answer.text += (answer.text.empty() ? "" : " ") + text;
  };
  if (!diverged.empty()) say(fmt::format("The loss of {} was not finite.", list_text(diverged)));
  for (const std::string& text : worse) say(text);
  if (worse.empty() && !groups.metric.empty())
    say("No deep model is worse than a less deep one by more than chance makes.");
  answer.details.push_back(fmt::format(
      "Gradients vanish below 1 / {0} and explode above {0}; the numbers are medians over the "
      "epochs.",
      kGradientTrouble));
  return answer;
}

LabAnswer weights_answer(const std::vector<Run>& runs) {
  LabAnswer answer = asked(LabQuestion::weights, "How do the weights behave?");
  std::size_t grow = 0, shrink = 0, stay = 0;
  std::vector<double> growths;
  for (const Run& run : runs) {
    const std::vector<EpochRecord>& epochs = run.history.epochs;
    if (epochs.size() < kFewestWeightEpochs) continue;
    const LargestWeight first = largest_of(epochs.front()), last = largest_of(epochs.back());
    if (first.name.empty() || last.name.empty()) continue;
    if (!std::isfinite(last.value)) {
      answer.trouble = true;
      ++grow;
      answer.details.push_back(fmt::format("{}: not all weights are finite.", run.name));
      continue;
    }
    growths.push_back(last.value / first.value - 1);
    ++(growths.back() > kWeightChange ? grow : growths.back() < -kWeightChange ? shrink : stay);
    const std::size_t quarter = std::max<std::size_t>(1, epochs.size() / 4);
    const LargestWeight late = largest_of(epochs[epochs.size() - 1 - quarter]);
    answer.details.push_back(
        fmt::format("{}: from {:.3g} to {:.3g} ({:+.0f} %), in {}{}.", run.name, first.value,
                    last.value, 100 * growths.back(), last.name,
                    last.value > 1.02 * late.value ? ", and still grows at the end" : ""));
  }
  const std::size_t count = grow + shrink + stay;
  if (count == 0)
    return unanswered(std::move(answer),
                      fmt::format("No run has {} epochs in which the weights were recorded.",
                                  kFewestWeightEpochs));
  answer.verdict = grow == count     ? "they grow"
                   : shrink == count ? "they shrink"
                   : stay == count   ? "they stay as large as they were"
                                     : fmt::format("they grow in {} of {} models", grow, count);
  answer.text = "The largest absolute weight ";
  if (growths.empty()) {
    answer.text += "is no longer finite.";
  } else {
    const auto [least, most] = std::ranges::minmax(growths);
    answer.text += count == 1 ? fmt::format("changes by {:+.0f} %", 100 * most)
                              : fmt::format("changes by {:+.0f} % to {:+.0f} %, model by model",
                                            100 * least, 100 * most);
    answer.text += ", from the end of the first epoch to that of the last.";
    if (answer.trouble) answer.text += " In some it is no longer finite.";
  }
  answer.details.push_back("A tenth more or less is a change.");
  return answer;
}

}  // namespace tapegrad::nn::detail
