#include "nn/report/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "nn/report/comparison.h"

namespace tapegrad::nn {

using detail::best_epoch;
using detail::compare;
using detail::Comparison;
using detail::Group;
using detail::Groups;
using detail::list_text;
using detail::p_text;
using detail::percent;
using detail::weights_of;

namespace {

constexpr std::size_t kFewestEpochs = 5;        // to see overfitting
constexpr std::size_t kFewestWeightEpochs = 3;  // to see how weights go
constexpr std::size_t kEnd = 3;                 // epochs that are "the end"
constexpr double kNoises = 3;                   // standard deviations that are more than noise
constexpr double kLeastRise = 0.01;             // of the validation loss, as a part of it
constexpr double kGradientTrouble = 10;         // ratio between layers
constexpr double kWeightChange = 0.1;           // as a part of the weight
constexpr std::int64_t kFewestDeepLayers = 3;

std::string layers_text(std::int64_t layers) {
  return layers == 1 ? "1 layer" : fmt::format("{} layers", layers);
}

std::string group_text(const Group& group) {
  return fmt::format("{}{} ({})", layers_text(group.layers),
                     group.activation.empty() ? "" : ", " + group.activation, percent(group.mean));
}

LabAnswer unanswered(LabAnswer answer, std::string why) {
  answer.verdict = "not answered";
  answer.text = std::move(why);
  answer.answered = false;
  return answer;
}

std::string method_text(const Groups& groups, std::size_t comparisons) {
  const Group& group = groups.list.front();
  std::string text = fmt::format(
      "By a two-proportion z-test on {:.0f} {} examples, at 5 %{}; ± gives 95 % intervals.",
      group.examples, groups.by_test ? "test" : "validation",
      comparisons > 1 ? fmt::format(" over {} comparisons", comparisons) : "");
  if (!groups.by_test)
    text += " Test examples were not asked, and those of validation chose the epochs.";
  text += groups.repeated ? " Where seeds were repeated, their variance is counted."
                          : " Seeds were not repeated: how much chance did in one training is not "
                            "known.";
  return text;
}

/// "A (98.1 %) is 0.60 ± 0.40 points better than B (97.5 %), p = 0.002".
std::string comparison_text(const Group& a, const Group& b, const Comparison& comparison) {
  return fmt::format("{} {} {:.2f} ± {:.2f} points {} than {}, {}{}.", group_text(a),
                     a.layers == 1 ? "is" : "are", 100 * std::abs(comparison.difference),
                     100 * comparison.half_width, comparison.difference < 0 ? "worse" : "better",
                     group_text(b), p_text(comparison.p),
                     comparison.differs() ? "" : ": no difference that chance does not make");
}

const char* nothing_to_compare() {
  return "The runs have no score in common, such as the accuracy on test examples, by which they "
         "could be compared.";
}

// ---- Does the activation matter?

LabAnswer activation_answer(const Groups& groups) {
  LabAnswer answer{.about = LabQuestion::activation,
                   .question = "Does the activation matter?",
                   .verdict = {},
                   .text = {}};
  // The groups of each depth that has several activations.
  std::vector<std::vector<const Group*>> depths;
  std::size_t comparisons = 0;
  for (auto first = groups.list.begin(); first != groups.list.end();) {
    const auto last = std::find_if(first, groups.list.end(), [&](const Group& group) {
      return group.layers != first->layers;
    });
    std::vector<const Group*> list;
    for (auto group = first; group != last; ++group)
      if (group->layers > 1 && !group->activation.empty()) list.push_back(&*group);
    if (list.size() > 1) {
      comparisons += list.size() * (list.size() - 1) / 2;
      depths.push_back(std::move(list));
    }
    first = last;
  }
  if (depths.empty())
    return unanswered(std::move(answer),
                      "No two models differ by their activation alone: train one number of layers, "
                      "2 at least, with several activations.");
  if (groups.metric.empty()) return unanswered(std::move(answer), nothing_to_compare());
  bool matters = false;
  for (const auto& list : depths) {
    const auto [worst, best] =
        std::ranges::minmax_element(list, {}, [](const Group* group) { return group->mean; });
    // Of groups that are alike, minmax takes the first as the worst and the last as the best.
    const Comparison comparison = compare(**best, **worst, comparisons);
    matters = matters || comparison.differs();
    answer.text += comparison_text(**best, **worst, comparison) + " ";
  }
  answer.verdict = matters ? "yes" : "no difference is seen";
  answer.text += method_text(groups, comparisons);
  return answer;
}

// ---- Are 2 or 3 layers needed?

LabAnswer layers_answer(const Groups& groups) {
  LabAnswer answer{.about = LabQuestion::layers,
                   .question = "Are 2 or 3 layers needed?",
                   .verdict = {},
                   .text = {}};
  // For each depth the model that the validation examples would choose; never the test.
  std::vector<const Group*> chosen;
  for (const Group& group : groups.list) {
    if (chosen.empty() || chosen.back()->layers != group.layers)
      chosen.push_back(&group);
    else if (group.validation_loss < chosen.back()->validation_loss)
      chosen.back() = &group;
  }
  if (chosen.size() < 2)
    return unanswered(
        std::move(answer),
        "Models with different numbers of layers were not trained, or it is not known "
        "how many they have.");
  if (groups.metric.empty()) return unanswered(std::move(answer), nothing_to_compare());
  const Group* needed = chosen.front();
  const std::size_t comparisons = chosen.size() - 1;
  for (std::size_t i = 1; i < chosen.size(); ++i) {
    const Comparison comparison = compare(*chosen[i], *needed, comparisons);
    answer.text += comparison_text(*chosen[i], *needed, comparison) + " ";
    if (comparison.differs() && comparison.difference > 0) needed = chosen[i];
  }
  if (needed == chosen.front())
    answer.verdict = fmt::format("{} {} enough", layers_text(needed->layers),
                                 needed->layers == 1 ? "is" : "are");
  else
    answer.verdict = fmt::format("{} are needed", layers_text(needed->layers));
  if (needed == chosen.back()) answer.text += "More were not tried. ";
  if (needed == chosen.front() && needed->layers > 1) answer.text += "Fewer were not tried. ";
  if (chosen.size() < groups.list.size())
    answer.text +=
        "Of each number of layers the model with the least validation loss is compared. ";
  answer.text += method_text(groups, comparisons);
  return answer;
}

// ---- Where does overfitting start?

/// The validation loss of each epoch, up to the first that has none, or none that is finite.
std::vector<double> validation_losses(const History& history) {
  std::vector<double> losses;
  for (const EpochRecord& epoch : history.epochs) {
    if (!epoch.validation || !std::isfinite(epoch.validation->loss)) break;
    losses.push_back(epoch.validation->loss);
  }
  return losses;
}

/// The standard deviation of what is not smooth: each number against the mean of its neighbours,
/// which has 3/2 of its variance if all are independent.
double noise_of(const std::vector<double>& values) {
  double squares = 0;
  for (std::size_t i = 1; i + 1 < values.size(); ++i) {
    const double off = values[i] - (values[i - 1] + values[i + 1]) / 2;
    squares += off * off;
  }
  return std::sqrt(squares / static_cast<double>(values.size() - 2) / 1.5);
}

double mean_of_end(const std::vector<double>& values) {
  const auto count = static_cast<std::ptrdiff_t>(std::min(kEnd, values.size()));
  return std::accumulate(values.end() - count, values.end(), 0.0) / static_cast<double>(count);
}

struct Overfitting {
  std::int64_t epoch = 0;  // where it starts; 0: it does not
  std::string text;
};

Overfitting overfitting_of(const Run& run, const std::vector<double>& losses) {
  const auto least = std::ranges::min_element(losses);
  const auto at = static_cast<std::size_t>(least - losses.begin());
  const double end = mean_of_end(losses), noise = noise_of(losses);
  const EpochRecord& epoch = run.history.epochs[at];
  const double training_then = epoch.training.loss;
  const double training_end = run.history.epochs[losses.size() - 1].training.loss;
  const bool rises = end > *least + kNoises * noise && end > *least * (1 + kLeastRise);
  if (rises && training_end < training_then)
    return {.epoch = epoch.epoch,
            .text = fmt::format("{}: the validation loss is least in epoch {} ({:.4g}) and {:.4g} "
                                "at the end, while the training loss falls from {:.3g} to {:.3g}.",
                                run.name, epoch.epoch, *least, end, training_then, training_end)};
  if (rises)
    return {.text = fmt::format("{}: the validation loss rises after epoch {}, and so does the "
                                "training loss, which is no overfitting.",
                                run.name, epoch.epoch)};
  return {.text = fmt::format("{}: the validation loss is least in epoch {} of {} ({:.4g}), and "
                              "{:.4g} at the end, within its noise (± {:.2g}) or 1 %.",
                              run.name, epoch.epoch, losses.size(), *least, end, noise)};
}

LabAnswer overfitting_answer(const std::vector<Run>& runs) {
  LabAnswer answer{.about = LabQuestion::overfitting,
                   .question = "Where does overfitting start?",
                   .verdict = {},
                   .text = {}};
  std::vector<std::string> too_short, nowhere;
  std::int64_t first = 0;
  std::size_t longest = 0;
  for (const Run& run : runs) {
    const std::vector<double> losses = validation_losses(run.history);
    if (losses.size() < kFewestEpochs) {
      too_short.push_back(run.name);
      continue;
    }
    longest = std::max(longest, losses.size());
    const Overfitting found = overfitting_of(run, losses);
    if (found.epoch > 0 && (first == 0 || found.epoch < first)) first = found.epoch;
    answer.text += (answer.text.empty() ? "" : " ") + found.text;
  }
  if (longest == 0)
    return unanswered(
        std::move(answer),
        fmt::format("No run has {} epochs with a validation loss that is finite.", kFewestEpochs));
  if (!too_short.empty())
    answer.text += fmt::format(" Not told for {}: fewer than {} epochs with a validation loss.",
                               list_text(too_short), kFewestEpochs);
  answer.trouble = first > 0;
  answer.verdict =
      first > 0 ? fmt::format("after epoch {}{}", first, runs.size() > 1 ? " at the earliest" : "")
                : fmt::format("not within {} epochs", longest);
  return answer;
}

// ---- Is there trouble with depth?

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
  if (ratios.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::ranges::nth_element(ratios, middle);
  return *middle;
}

/// Deep groups that are worse than one that is less deep, with the text that says so.
std::vector<std::string> worse_with_depth(const Groups& groups) {
  std::vector<std::pair<const Group*, const Group*>> pairs;
  for (const Group& deep : groups.list) {
    if (deep.layers < kFewestDeepLayers) continue;
    for (const Group& other : groups.list)
      if (other.layers < deep.layers && (other.layers == 1 || other.activation == deep.activation))
        pairs.emplace_back(&deep, &other);
  }
  std::vector<std::string> texts;
  for (const auto& [deep, other] : pairs) {
    const Comparison comparison = compare(*deep, *other, pairs.size());
    if (comparison.differs() && comparison.difference < 0)
      texts.push_back(comparison_text(*deep, *other, comparison));
  }
  return texts;
}

LabAnswer depth_answer(const std::vector<Run>& runs, const Groups& groups) {
  LabAnswer answer{.about = LabQuestion::depth,
                   .question = "Is there trouble with depth?",
                   .verdict = {},
                   .text = {}};
  std::vector<std::string> diverged;
  bool deep = false, known = false, vanishes = false, explodes = false;
  for (const Run& run : runs) {
    if (run.layers < kFewestDeepLayers) continue;
    deep = true;
    if (run.history.ended == Ended::diverged) diverged.push_back(run.name);
    const double ratio = gradient_ratio(run.history);
    if (std::isnan(ratio)) continue;
    known = true;
    vanishes = vanishes || ratio < 1 / kGradientTrouble;
    explodes = explodes || ratio > kGradientTrouble;
    answer.text += fmt::format(
        "{}: the gradient of the first layer's weights has {:.2g} times the norm of the last "
        "layer's. ",
        run.name, ratio);
  }
  if (!deep)
    return unanswered(std::move(answer),
                      "No model with 3 layers or more was trained, or it is not known how many "
                      "layers they have.");
  const std::vector<std::string> worse =
      groups.metric.empty() ? std::vector<std::string>() : worse_with_depth(groups);
  if (!diverged.empty())
    answer.text += fmt::format("The loss of {} was not finite. ", list_text(diverged));
  for (const std::string& text : worse) answer.text += text + " ";
  answer.trouble = vanishes || explodes || !worse.empty() || !diverged.empty();
  if (!answer.trouble && !known)
    return unanswered(std::move(answer),
                      "No gradients were recorded of the models with 3 layers or more.");
  answer.verdict = explodes            ? "yes, gradients explode"
                   : vanishes          ? "yes, gradients vanish"
                   : !diverged.empty() ? "yes, training diverged"
                   : !worse.empty()    ? "yes, deeper is worse"
                                       : "no";
  answer.text += fmt::format("Ratios from 1 / {0} to {0} are no trouble.", kGradientTrouble);
  if (known && worse.empty() && !groups.metric.empty())
    answer.text += " No deep model is worse than a less deep one by more than chance makes.";
  return answer;
}

// ---- How do the weights behave?

/// The largest absolute weight of an epoch, and where it is.
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

LabAnswer weights_answer(const std::vector<Run>& runs) {
  LabAnswer answer{.about = LabQuestion::weights,
                   .question = "How do the weights behave?",
                   .verdict = {},
                   .text = {}};
  std::size_t grow = 0, shrink = 0, stay = 0;
  for (const Run& run : runs) {
    const std::vector<EpochRecord>& epochs = run.history.epochs;
    if (epochs.size() < kFewestWeightEpochs) continue;
    const LargestWeight first = largest_of(epochs.front()), last = largest_of(epochs.back());
    if (first.name.empty() || last.name.empty()) continue;
    if (!std::isfinite(last.value)) {
      answer.trouble = true;
      ++grow;
      answer.text += fmt::format("{}: weights are no longer finite. ", run.name);
      continue;
    }
    const double growth = last.value / first.value - 1;
    ++(growth > kWeightChange ? grow : growth < -kWeightChange ? shrink : stay);
    const LargestWeight late = largest_of(epochs[epochs.size() - 1 - (epochs.size() - 1) / 4]);
    answer.text += fmt::format(
        "{}: the largest absolute weight goes from {:.3g} after the first epoch to {:.3g} "
        "({:+.0f} %), in {}{}. ",
        run.name, first.value, last.value, 100 * growth, last.name,
        last.value > 1.02 * late.value ? ", and still grows at the end" : "");
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
  answer.text += "A tenth more or less is a change.";
  return answer;
}

}  // namespace

std::vector<LabAnswer> lab_answers(const std::vector<Run>& runs) {
  const Groups groups = detail::groups_of(runs);
  return {activation_answer(groups), layers_answer(groups), overfitting_answer(runs),
          depth_answer(runs, groups), weights_answer(runs)};
}

}  // namespace tapegrad::nn
