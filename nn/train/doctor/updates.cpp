#include <algorithm>
#include <cmath>

#include "autograd/base/fail.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

// A step usually changes weights by a thousandth of their size: CS231n of Stanford, "Ratio of
// weights:updates". Early ones are larger, since Adagrad and RMSprop begin with several times their
// rate: digits with one to three layers, at rates that suit, grow up to 2 times within the first
// window; ten times these rates make it 5 to 8 times, and a hundred 20 and more.
constexpr double kLargeGrowth = 5;
/// Of a single step, behind the first window; those above have at most 0.2.
constexpr double kLargeStep = 0.5;
/// In so many steps.
constexpr int kLargeSteps = 2;
/// The largest of all weights that have one rate, within the first window; those above have at
/// least 0.01. A rate that grows from 0 over ten thousand steps is still above it.
constexpr double kSmallStep = 1e-5;

/// The norm of weights by which steps are measured: as they are, but at least about what layers
/// begin with, which divide by the root of the inputs, so that weights may begin at 0.
double size_of(const Tensor& weight, double norm) {
  const auto inputs = static_cast<double>(weight.size(-1));
  return std::max(norm, 0.5 * std::sqrt(static_cast<double>(weight.numel()) / inputs));
}

/// How far the steps of an optimizer go, measured by the weights that they change.
class UpdateCheck final : public Check {
 public:
  explicit UpdateCheck(Findings& findings) : findings_(findings) {}

  void updated(const Updated& now) override {
    const Tensor& value = now.parameter.value();
    if (value.dim() < 2) return;
    const auto found = std::ranges::find(weights_, now.parameter.name(), &Weight::name);
    Weight& weight = found != weights_.end()
                         ? *found
                         : weights_.emplace_back(Weight{now.parameter.name(), now.parameter.group,
                                                        size_of(value, now.weight)});
    weight.growth = now.weight / weight.size;
    weight.gradient = std::max(weight.gradient, now.gradient);
    const double step = now.change / size_of(value, now.weight);
    weight.most = std::max(weight.most, step);
    weight.large += steps_ >= kWindow && step > kLargeStep;
  }

  void end(const WatchedStep& step) override {
    if (weights_.empty()) return;
    if (++steps_ == kWindow) judge_beginning(step.number);
    if (steps_ < kWindow) return;
    const auto large = std::ranges::max_element(weights_, {}, &Weight::large);
    if (large->large < kLargeSteps) return;
    add_large(
        *large, step.number,
        fmt::format("Some steps change {} by more than half, the last such one being step {}.",
                    large->name, step.number));
    large->large = 0;
  }

 private:
  struct Weight {
    std::string name;
    std::size_t group;
    double size;          ///< at the beginning
    double growth = 1;    ///< size now, as a multiple of that
    double most = 0;      ///< largest step, as a part of its size then
    double gradient = 0;  ///< largest norm
    int large = 0;        ///< steps that were too large
  };

  void judge_beginning(std::int64_t step) {
    const auto grown = std::ranges::max_element(weights_, {}, &Weight::growth);
    if (grown->growth > kLargeGrowth)
      add_large(
          *grown, step,
          fmt::format("Within {} steps {} grew to {:.3g} times its size; one of them changed it "
                      "by {:.3g} times what it was.",
                      step, grown->name, grown->growth, grown->most));
    for (auto first = weights_.begin(); first != weights_.end(); ++first) {
      const auto alike = [&](const Weight& each) { return each.group == first->group; };
      if (std::find_if(weights_.begin(), first, alike) != first) continue;
      const Weight* most = &*first;
      double gradient = 0;
      for (const Weight& each : weights_) {
        if (!alike(each)) continue;
        if (each.most > most->most) most = &each;
        gradient = std::max(gradient, each.gradient);
      }
      if (most->most < kSmallStep) add_small(*most, step, gradient > 0);
    }
  }

  void add_large(const Weight& weight, std::int64_t step, std::string seen) {
    if (findings_.has(Finding::Kind::large_updates)) return;  // one says it of all
    findings_.add(Finding::Kind::large_updates, weight.name, step, std::move(seen),
                  "About a thousandth is usual. Steps this large throw away what was learned "
                  "before, and the values that the weights began with.",
                  "Lower the learning rate, ten times at first, or clip gradients with "
                  "nn::clip_grad_norm_.");
  }

  void add_small(const Weight& weight, std::int64_t step, bool has_gradient) {
    findings_.add(
        Finding::Kind::small_updates, weight.name, step,
        fmt::format("No step up to step {} changed {}, or another weight of its "
                    "learning rate, by more than {:.1g} of its size.",
                    step, weight.name, weight.most),
        has_gradient ? "About a thousandth is usual: at this rate nothing is learned in any time "
                       "that one waits."
                     : "All their gradients are 0, so that nothing is learned at any rate.",
        has_gradient ? "Raise the learning rate, and look whether the loss is divided by "
                       "something large."
                     : "Look for units that are 0 or at their ends for every example, and "
                       "whether the loss is that of the outputs.");
  }

  Findings& findings_;
  std::vector<Weight> weights_;
  int steps_ = 0;
};

}  // namespace

std::unique_ptr<Check> make_update_check(Findings& findings) {
  return std::make_unique<UpdateCheck>(findings);
}

}  // namespace tapegrad::nn::detail
