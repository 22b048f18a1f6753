#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/base/fail.h"
#include "nn/train/doctor/examples.h"

namespace tapegrad::nn::detail {

namespace {

/// More of them are words or the like, of which few examples say nothing.
constexpr std::int64_t kMostClasses = 4096;

}  // namespace

void ClassCounts::add(const Tensor& targets) {
  if (!known_) return;
  const auto count = [&](auto values) {
    for (const auto value : values) {
      const auto label = static_cast<std::int64_t>(value);
      known_ = known_ && label >= 0 && label < kMostClasses &&
               static_cast<decltype(value)>(label) == value;
      if (!known_) return;
      const auto at = static_cast<std::size_t>(label);
      if (at >= counts_.size()) counts_.resize(at + 1);
      ++counts_[at];
      ++total_;
    }
  };
  known_ = targets.defined();
  if (!known_) return;
  if (targets.dtype() == int64) return count(targets.data<std::int64_t>());
  if (targets.dtype() == boolean) return count(targets.data<bool>());
  if (targets.dtype() == float32)
    count(targets.data<float>());
  else
    count(targets.data<double>());
  known_ = known_ && counts_.size() <= 2;
}

std::size_t ClassCounts::lowest() const noexcept {
  const auto found = std::ranges::find_if(counts_, [](std::int64_t count) { return count > 0; });
  return static_cast<std::size_t>(found - counts_.begin());
}

double ClassCounts::entropy() const noexcept {
  double sum = 0;
  for (const std::int64_t count : counts_) {
    const double share = static_cast<double>(count) / static_cast<double>(total_);
    if (count > 0) sum -= share * std::log(share);
  }
  return sum;
}

bool ClassCounts::without_gaps() const noexcept {
  return std::all_of(counts_.begin() + static_cast<std::ptrdiff_t>(lowest()), counts_.end(),
                     [](std::int64_t count) { return count > 0; });
}

namespace {

void add_labels(const ClassCounts& labels, std::int64_t scores, std::int64_t step,
                std::string_view why, Findings& findings) {
  findings.add(Finding::Kind::labels_not_from_zero, "targets", step,
               fmt::format("The classes of {} targets go from 1 to {}; the model gives scores of "
                           "{}, which are those of 0 to {}.",
                           labels.total(), labels.size() - 1, scores, scores - 1),
               why,
               "Subtract 1 from the targets, and give the model as many outputs as there are "
               "classes.");
}

/// Whether they begin with 1, and there is more than that.
bool begin_with_one(const ClassCounts& labels) {
  return labels.known() && labels.lowest() == 1 && labels.size() >= 3;
}

}  // namespace

void look_at_labels(const ClassCounts& labels, std::int64_t scores, std::int64_t step,
                    Findings& findings) {
  if (begin_with_one(labels) && std::cmp_equal(labels.size(), scores) && labels.without_gaps())
    add_labels(labels, scores, step,
               "The score of class 0 stands for nothing: it is learned never to be right, and "
               "every class is one place off.",
               findings);
}

void look_at_refused(const ClassCounts& labels, std::int64_t scores, std::int64_t step,
                     Findings& findings) {
  if (begin_with_one(labels) && std::cmp_equal(labels.size(), scores + 1))
    add_labels(labels, scores, step,
               "There is no score of the last class, so that the loss refuses it.", findings);
}

}  // namespace tapegrad::nn::detail
