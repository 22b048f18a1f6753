#include "nn/report/answers.h"

#include <fmt/format.h>

#include <algorithm>

#include "nn/report/answer_parts.h"

// The answers that compare scores, and the list of all.

namespace tapegrad::nn {

namespace detail {

namespace {

constexpr const char* kNothingToCompare =
    "The runs have no score in common, such as the accuracy on test examples, by which they could "
    "be compared.";
constexpr const char* kTooFewExamples =
    "What is seen is no more than chance makes, but so few examples would not show a difference of "
    "1 point.";

/// The groups of each number of layers that was trained with several activations.
std::vector<std::vector<const Group*>> by_activation(const Groups& groups) {
  std::vector<std::vector<const Group*>> depths;
  for (const Group& group : groups.list) {
    if (group.layers < 2 || group.activation.empty()) continue;
    if (depths.empty() || depths.back().front()->layers != group.layers) depths.emplace_back();
    depths.back().push_back(&group);
  }
  std::erase_if(depths, [](const auto& list) { return list.size() < 2; });
  return depths;
}

/// For each number of layers the model that the validation examples would choose; never the test.
std::vector<const Group*> by_layers(const Groups& groups) {
  std::vector<const Group*> chosen;
  for (const Group& group : groups.list) {
    if (chosen.empty() || chosen.back()->layers != group.layers)
      chosen.push_back(&group);
    else if (group.validation_loss < chosen.back()->validation_loss)
      chosen.back() = &group;
  }
  return chosen;
}

std::string layers_text(std::int64_t layers) {
  return layers == 1 ? "1 layer" : fmt::format("{} layers", layers);
}

}  // namespace

LabAnswer activation_answer(const Groups& groups) {
  LabAnswer answer = asked(LabQuestion::activation, "Does the activation matter?");
  const auto depths = by_activation(groups);
  if (depths.empty())
    return unanswered(std::move(answer),
                      "No two models differ by their activation alone: train one number of layers, "
                      "2 at least, with several activations.");
  if (groups.metric.empty()) return unanswered(std::move(answer), kNothingToCompare);
  std::size_t comparisons = 0;
  for (const auto& list : depths) comparisons += list.size() * (list.size() - 1) / 2;
  bool matters = false, alike = true;
  for (const auto& list : depths) {
    // Of groups that are alike, this takes the first as the worst and the last as the best.
    const auto [worst, best] =
        std::ranges::minmax_element(list, {}, [](const Group* group) { return group->mean; });
    const Comparison comparison = compare(**best, **worst, comparisons);
    matters = matters || comparison.outcome() == Outcome::better;
    alike = alike && comparison.outcome() == Outcome::alike;
    answer.text += (answer.text.empty() ? "" : " ") + comparison_text(**best, **worst, comparison);
  }
  answer.details.push_back(method_text(groups, comparisons));
  if (!matters && !alike) return unanswered(std::move(answer), answer.text + " " + kTooFewExamples);
  answer.verdict = matters ? "yes" : "no";
  return answer;
}

LabAnswer layers_answer(const Groups& groups) {
  LabAnswer answer = asked(LabQuestion::layers, "Are 2 or 3 layers needed?");
  const std::vector<const Group*> chosen = by_layers(groups);
  if (chosen.size() < 2)
    return unanswered(std::move(answer),
                      "Models with different numbers of layers were not trained, or it is not "
                      "known how many they have.");
  if (groups.metric.empty()) return unanswered(std::move(answer), kNothingToCompare);
  const Group* needed = chosen.front();
  std::vector<std::string> open;  // deeper than what is needed, and perhaps better
  for (const Group* deeper : std::vector(chosen.begin() + 1, chosen.end())) {
    const Comparison comparison = compare(*deeper, *needed, chosen.size() - 1);
    answer.text += comparison_text(*deeper, *needed, comparison) + " ";
    if (comparison.outcome() == Outcome::better) {
      needed = deeper;
      open.clear();
    } else if (comparison.outcome() == Outcome::open) {
      open.push_back(std::to_string(deeper->layers));
    }
  }
  const bool first = needed == chosen.front();
  if (needed == chosen.back()) answer.text += "More layers were not tried. ";
  if (first && needed->layers > 1) answer.text += "Fewer layers were not tried. ";
  if (chosen.size() < groups.list.size())
    answer.details.push_back(
        "Of each number of layers the model with the least validation loss is compared.");
  answer.details.push_back(method_text(groups, chosen.size() - 1));
  if (first && !open.empty()) return unanswered(std::move(answer), answer.text + kTooFewExamples);
  answer.text.pop_back();
  answer.verdict = layers_text(needed->layers);
  answer.verdict += !first ? " are needed" : needed->layers == 1 ? " is enough" : " are enough";
  if (!open.empty()) answer.verdict += fmt::format("; whether {} help is open", list_text(open));
  return answer;
}

}  // namespace detail

std::vector<LabAnswer> lab_answers(const std::vector<Run>& runs) {
  const detail::Groups groups = detail::groups_of(runs);
  return {detail::activation_answer(groups), detail::layers_answer(groups),
          detail::overfitting_answer(runs), detail::depth_answer(runs, groups),
          detail::weights_answer(runs)};
}

}  // namespace tapegrad::nn
