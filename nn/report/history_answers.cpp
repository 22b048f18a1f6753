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
constexpr std::size_t kMostAveraged = 3;        // epochs in a mean
constexpr double kNoises = 3;                   // standard deviations that are more than noise
constexpr double kLeastRise = 0.01;             // of the validation loss, as a part of it
constexpr double kEvidentRise = 0.05;           // likewise: one that is seen in the picture
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

double mean_of(const std::vector<double>& values, std::size_t start, std::size_t count) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(start);
  return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(count), 0.0) /
         static_cast<double>(count);
}

struct Overfitting {
  Outcome outcome = Outcome::alike;  // worse: it is seen; open: it may be there
  std::int64_t epoch = 0;            // after which
  double rise = 0;                   // of the validation loss, as a part of it
  std::string text;
};

/// Means are compared, of epochs from the least loss on and of the last ones: of two epochs alone,
/// the one that was chosen for being least would be lower by chance.
Overfitting overfitting_of(const Run& run, const std::vector<double>& losses) {
  const auto least = static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin());
  Overfitting found{.epoch = run.history.epochs[least].epoch, .text = {}};
  found.text = fmt::format("{}: the validation loss is least in epoch {} of {} ({:.4g})", run.name,
                           found.epoch, losses.size(), losses[least]);
  const std::size_t count = std::min(kMostAveraged, (losses.size() - least) / 2);
  if (count == 0) {
    found.text += ", the last one.";
    return found;
  }
  std::vector<double> training;
  for (const EpochRecord& epoch : run.history.epochs) training.push_back(epoch.training.loss);
  const std::size_t last = losses.size() - count;
  const double low = mean_of(losses, least, count), end = mean_of(losses, last, count);
  const double before = mean_of(training, least, count), after = mean_of(training, last, count);
  const double chance =
      kNoises * noise_of(losses) * std::sqrt(2.0 / static_cast<double>(count)) / std::abs(low);
  const bool learns = after < before;
  found.rise = (end - low) / std::abs(low);
  found.text += fmt::format("; from there to the end {} goes from {:.4g} to {:.4g} ({:+.1f} %)",
                            count == 1 ? "it" : fmt::format("the mean of {} epochs", count), low,
                            end, 100 * found.rise);
  if (found.rise > kLeastRise)
    found.text += fmt::format(
        ", {} the {:.1f} % that its noise may make, and that of the training loss from {:.3g} to "
        "{:.3g}{}",
        found.rise > chance ? "more than" : "within", 100 * chance, before, after,
        learns ? "" : ", which is no overfitting");
  found.text += ".";
  if (learns && found.rise > std::max(chance, kLeastRise)) found.outcome = Outcome::worse;
  if (learns && found.rise <= chance && found.rise > kEvidentRise) found.outcome = Outcome::open;
  return found;
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
  const std::vector<const ParameterRecord*> weights = weights_of(epoch);
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (largest.name.empty() || !(weights[i]->largest <= largest.value))
      largest = {.value = weights[i]->largest,
                 .name = fmt::format("layer {} ({})", i + 1, weights[i]->name)};
  return largest;
}

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

LabAnswer overfitting_answer(const std::vector<Run>& runs) {
  LabAnswer answer = asked(LabQuestion::overfitting, "Where does overfitting start?");
  std::vector<std::string> too_short;
  Overfitting earliest, doubtful;  // of those that are seen; the largest of those that may be
  std::size_t longest = 0;
  for (const Run& run : runs) {
    const std::vector<double> losses = validation_losses(run.history);
    if (losses.size() < kFewestEpochs) {
      too_short.push_back(run.name);
      continue;
    }
    longest = std::max(longest, losses.size());
    const Overfitting found = overfitting_of(run, losses);
    answer.details.push_back(found.text);
    if (found.outcome == Outcome::worse && (!answer.trouble || found.epoch < earliest.epoch))
      earliest = found;
    if (found.outcome == Outcome::open && found.rise > doubtful.rise) doubtful = found;
    answer.trouble = answer.trouble || found.outcome == Outcome::worse;
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
      "Compared are the mean from the least validation loss on and that of the end, of {} epochs or "
      "of as many as there are for both. A rise counts if it is above {:.0f} % and {} standard "
      "deviations of the noise while the training loss falls; above {:.0f} %, but within the noise, "
      "it leaves the question open.",
      kMostAveraged, 100 * kLeastRise, kNoises, 100 * kEvidentRise));
  if (answer.trouble) {
    answer.verdict =
        fmt::format("after epoch {}{}", earliest.epoch, runs.size() > 1 ? " at the earliest" : "");
    answer.text = earliest.text;
  } else if (doubtful.rise > 0) {
    return unanswered(
        std::move(answer),
        doubtful.text +
            " More epochs would tell, or less noise: a smaller learning rate, or more "
            "validation examples.");
  } else {
    answer.verdict = fmt::format("not within {} epochs", longest);
    answer.text =
        "No validation loss rises by more than its noise may make while the training loss falls.";
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
