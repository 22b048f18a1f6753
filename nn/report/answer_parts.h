#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nn/report/answers.h"
#include "nn/report/comparison.h"

// Internal: an answer to each question of the lab.

namespace tapegrad::nn::detail {

LabAnswer activation_answer(const Groups& groups);
LabAnswer layers_answer(const Groups& groups);
LabAnswer overfitting_answer(const std::vector<Run>& runs);
LabAnswer depth_answer(const std::vector<Run>& runs, const Groups& groups);
LabAnswer weights_answer(const std::vector<Run>& runs);

/// An answer that is still to be found.
inline LabAnswer asked(LabQuestion about, std::string question) {
  return {.about = about, .question = std::move(question), .verdict = {}, .text = {}};
}
/// By reference: `why` may be made of the answer's own text.
inline LabAnswer unanswered(LabAnswer&& answer, std::string why) {
  answer.verdict = "not answered";
  answer.text = std::move(why);
  answer.answered = false;
  return std::move(answer);
}

/// The median, of an even number the mean of the two in the middle; NaN for none.
double median_of(std::vector<double> values);

/// A network is deep from so many layers on.
inline constexpr std::int64_t kFewestDeepLayers = 3;

}  // namespace tapegrad::nn::detail
