#include "nn/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tapegrad::nn::detail {

namespace {

constexpr double kAlike = 0.01;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A share of right answers: with an interval, or by its name.
const Measured* share_of(const Score& score, const std::string& metric) {
  const Measured* found = score.find(metric);
  return found && found->value >= 0 && found->value <= 1 && score.examples > 0 ? found : nullptr;
}

const Score* score_of(const Run& run, bool by_test) {
  if (by_test) return run.test ? &*run.test : nullptr;
  const EpochRecord* best = best_epoch(run.history);
  return best && best->validation ? &*best->validation : nullptr;
}

/// The first metric that all runs have; "accuracy" before others.
std::string common_metric(const std::vector<const Run*>& runs, bool by_test) {
  if (runs.empty() || !score_of(*runs.front(), by_test)) return {};
  std::vector<std::string> names{"accuracy"};
  for (const Measured& metric : score_of(*runs.front(), by_test)->metrics)
    if (metric.interval) names.push_back(metric.name);
  for (const std::string& name : names) {
    const bool all = std::ranges::all_of(runs, [&](const Run* run) {
      const Score* score = score_of(*run, by_test);
      return score && share_of(*score, name);
    });
    if (all) return name;
  }
  return {};
}

/// As in tables, where one run has that name.
std::string group_text(const Group& group) {
  if (group.runs.size() == 1)
    return fmt::format("{} ({})", group.runs.front()->name, percent(group.mean));
  return fmt::format("{}{} layer{} (mean of {} seeds: {})",
                     group.activation.empty() ? "" : group.activation + ", ", group.layers,
                     group.layers == 1 ? "" : "s", group.runs.size(), percent(group.mean));
}

/// Fills in what the runs of a group have in common.
void measure(Group& group, const Groups& groups) {
  const auto count = static_cast<double>(group.runs.size());
  double losses = 0;
  for (const Run* run : group.runs) {
    const EpochRecord* best = best_epoch(run->history);
    losses += best && best->validation ? best->validation->loss : kNan;
  }
  group.validation_loss = losses / count;
  if (groups.metric.empty()) return;
  std::vector<double> shares;
  for (const Run* run : group.runs) {
    const Score* score = score_of(*run, groups.by_test);
    shares.push_back(share_of(*score, groups.metric)->value);
    group.mean += shares.back() / count;
    group.examples = static_cast<double>(score->examples);
  }
  if (shares.size() < 2) return;
  double squares = 0;
  for (const double share : shares) squares += (share - group.mean) * (share - group.mean);
  group.seed_variance = squares / (count - 1) / count;
}

/// The p of a standard normal number as far from 0 as z, on either side.
double two_sided_p(double z) { return std::erfc(z / std::sqrt(2.0)); }

/// The z whose p that is, by bisection.
double z_of(double p) {
  double low = 0, high = 40;  // beyond it, p is 0
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (two_sided_p(middle) > p ? low : high) = middle;
  }
  return high;
}

}  // namespace

const EpochRecord* best_epoch(const History& history) {
  if (const EpochRecord* best = history.best()) return best;
  const EpochRecord* least = nullptr;
  for (const EpochRecord& epoch : history.epochs)
    if (epoch.validation && std::isfinite(epoch.validation->loss) &&
        (!least || epoch.validation->loss < least->validation->loss))
      least = &epoch;
  return least || history.epochs.empty() ? least : &history.epochs.back();
}

std::vector<const ParameterRecord*> weights_of(const EpochRecord& epoch) {
  std::vector<const ParameterRecord*> weights;
  for (const ParameterRecord& parameter : epoch.parameters)
    if (parameter.name == "weight" || parameter.name.ends_with(".weight"))
      weights.push_back(&parameter);
  return weights;
}

Groups groups_of(const std::vector<Run>& runs) {
  Groups groups;
  std::vector<const Run*> known;
  for (const Run& run : runs)
    if (run.layers > 0) known.push_back(&run);
  groups.metric = common_metric(known, true);
  if (groups.metric.empty()) {
    groups.by_test = false;
    groups.metric = common_metric(known, false);
  }
  for (const Run* run : known) {
    // One layer has nothing between layers.
    const std::string activation = run->layers == 1 ? "" : run->activation;
    auto found = std::ranges::find_if(groups.list, [&](const Group& group) {
      return group.layers == run->layers && group.activation == activation;
    });
    if (found == groups.list.end()) {
      groups.list.push_back({.layers = run->layers, .activation = activation, .runs = {}});
      found = groups.list.end() - 1;
    }
    found->runs.push_back(run);
    groups.repeated = groups.repeated || found->runs.size() > 1;
  }
  for (Group& group : groups.list) measure(group, groups);
  // Of as many layers, the one whose first run came first.
  std::ranges::sort(groups.list, [](const Group& a, const Group& b) {
    return a.layers != b.layers ? a.layers < b.layers : a.runs.front() < b.runs.front();
  });
  return groups;
}

Comparison compare(const Group& a, const Group& b, std::size_t comparisons) {
  const double pooled = (a.mean * a.examples + b.mean * b.examples) / (a.examples + b.examples);
  const double variance =
      pooled * (1 - pooled) * (1 / a.examples + 1 / b.examples) + a.seed_variance + b.seed_variance;
  const auto times = static_cast<double>(comparisons);
  Comparison result{.difference = a.mean - b.mean,
                    .half_width = z_of(0.05 / times) * std::sqrt(variance)};
  if (variance > 0) {
    const double z = std::abs(result.difference) / std::sqrt(variance);
    result.p = std::min(1.0, two_sided_p(z) * times);
  } else {
    result.p = result.difference == 0 ? 1 : 0;
  }
  return result;
}

Outcome Comparison::outcome() const {
  if (p < 0.05) return difference > 0 ? Outcome::better : Outcome::worse;
  return std::abs(difference) + half_width < kAlike ? Outcome::alike : Outcome::open;
}

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

std::string comparison_text(const Group& a, const Group& b, const Comparison& comparison) {
  const std::string p =
      comparison.p < 0.001 ? "p < 0.001" : fmt::format("p = {:.2g}", comparison.p);
  const double difference = 100 * comparison.difference, half_width = 100 * comparison.half_width;
  const Outcome outcome = comparison.outcome();
  if (outcome == Outcome::better || outcome == Outcome::worse)
    return fmt::format("{} is {:.2f} ± {:.2f} points {} than {}, {}.", group_text(a),
                       std::abs(difference), half_width,
                       outcome == Outcome::better ? "better" : "worse", group_text(b), p);
  return fmt::format("{} and {} {} ({:.2f} ± {:.2f} points, {}).", group_text(a), group_text(b),
                     outcome == Outcome::alike ? "are alike" : "cannot be told apart", difference,
                     half_width, p);
}

std::string method_text(const Groups& groups, std::size_t comparisons) {
  std::string text = fmt::format(
      "Compared by a two-proportion z-test on {:.0f} {} examples, at 5 %; ± gives 95 % intervals, "
      "and models are alike where these stay within 1 point.{}",
      groups.list.front().examples, groups.by_test ? "test" : "validation",
      comparisons > 1
          ? fmt::format(" p and ± are those of {} comparisons at once (Bonferroni).", comparisons)
          : "");
  if (!groups.by_test)
    text += " No test examples were asked; those of validation chose the epochs.";
  return text +
         (groups.repeated
              ? " Where seeds were repeated, the variance among them is counted."
              : " Seeds were not repeated, so that the chance in each training is not known.");
}

std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

}  // namespace tapegrad::nn::detail
