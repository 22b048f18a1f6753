#include <algorithm>
#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

/// Seen in so many steps one after the other; once may be meant.
constexpr int kStepsNotZeroed = 2;

/// Gradients that a step was made with, that a later walk was added to, and that the next step was
/// made with, too. Where several models are trained in turn, as a generator and its judge, a walk for
/// the one adds to gradients of the other, which drops them before its own.
class ZeroingCheck final : public Check {
 public:
  explicit ZeroingCheck(Findings& findings) : findings_(findings) {}

  void begin(const WatchedStep& step) override {
    if (!step.follows) used_.clear();
    left_.clear();
  }

  void collected(const SeenParameter& seen, const Tensor& sum) override {
    const auto used = find(seen);
    if (used == used_.end()) return;
    const Tensor gradient = seen.value().grad();
    // Zeroed, or made smaller on purpose, it is no longer the one that was used.
    const double before = used->form == 0 ? norm_of(gradient - sum) : used->norm;
    if (before > 0 && std::abs(before - used->norm) <= 1e-3 * used->norm)
      used->form = form_of(seen, norm_of(gradient), largest_of(gradient));
    else
      used_.erase(used);
  }

  void updated(const Updated& updated) override {
    const auto used = find(updated.parameter);
    const double form = form_of(updated.parameter, updated.gradient, updated.largest_gradient);
    if (used == used_.end()) {
      used_.push_back({updated.parameter.value().id(), updated.gradient, 0});
      return;
    }
    if (used->form > 0 && std::abs(form - used->form) <= 1e-5 * used->form)
      left_.push_back(&updated.parameter);
    *used = {used->id, updated.gradient, 0};
  }

  void end(const WatchedStep& step) override {
    if (!step.follows) return;
    steps_ = left_.empty() ? 0 : steps_ + 1;
    if (steps_ < kStepsNotZeroed) return;
    const std::string& first = (*std::ranges::min_element(left_))->name();
    findings_.add(Finding::Kind::gradients_not_zeroed, first, step.number,
                  fmt::format("The gradient of {}{} was still there after the step of the "
                              "optimizer, and that of step {} was added to it.",
                              first,
                              left_.size() > 1 ? fmt::format(" (and {} more)", left_.size() - 1)
                                               : std::string(),
                              step.number),
                  "So each step follows the sum of all batches so far, and not its own.",
                  "Call optimizer.zero_grad() before each backward().");
  }

 private:
  /// The gradient that a step was made with.
  struct Used {
    const void* id;  ///< of the parameter
    double norm;
    double form;  ///< see `form_of`, once a walk was added; 0 before
  };

  /// What tells a gradient from others: norm by largest element, which clipping does not change.
  static double form_of(const SeenParameter& seen, double norm, double largest) {
    return seen.value().numel() > 1 ? norm / largest : norm;
  }

  std::vector<Used>::iterator find(const SeenParameter& seen) {
    return std::ranges::find(used_, seen.value().id(), &Used::id);
  }

  Findings& findings_;
  std::vector<Used> used_;
  std::vector<const SeenParameter*> left_;  ///< in this step
  int steps_ = 0;
};

}  // namespace

std::unique_ptr<Check> make_zeroing_check(Findings& findings) {
  return std::make_unique<ZeroingCheck>(findings);
}

}  // namespace tapegrad::nn::detail
