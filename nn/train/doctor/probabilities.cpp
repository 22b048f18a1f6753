#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

/// What is rounded is so near.
constexpr double kRounded = 1e-3;

/// Losses of probabilities that were given something else. Each says that it begins, unless its
/// elements are given out or weighted: then some may not count.
class ProbabilityCheck final : public Check {
 public:
  explicit ProbabilityCheck(Findings& findings) : findings_(findings) {}

  void begin(const WatchedStep& step) override {
    step_ = step.number;
    loss_ = {};
  }
  void loss(std::string_view name) override { loss_ = name; }

  void before(const Operation& now) override {
    if (loss_.empty() || now.name() != (loss_ == "nll_loss" ? "gather" : loss_)) return;
    if (loss_ == "nll_loss")
      look_at_logarithms(now);
    else
      look_at_targets(now);
    loss_ = {};
  }

 private:
  void look_at_logarithms(const Operation& now) {
    const Tensor& given = *now.inputs[0];
    const double high = given.numel() == 0 ? 0 : amax(given).item();
    if (!(high > kRounded)) return;
    const Origin& origin = now.origins[0];
    add(fmt::format("nll_loss gets numbers up to {:.3g}{}; it is made for logarithms of "
                    "probabilities, which are never above 0.",
                    high, origin.op.empty() ? std::string() : " from " + origin.text()),
        "Give it tg::log_softmax(logits, 1), or call nn::cross_entropy, which has that in itself, "
        "with the logits.");
  }

  void look_at_targets(const Operation& now) {
    if (now.inputs[1]->numel() == 0) return;
    double low = 0, high = 0;
    if (loss_ == "binary_cross_entropy") {
      low = amin(*now.inputs[1]).item();
      high = amax(*now.inputs[1]).item();
    } else {  // it takes 1 - targets, too, which no weight has changed
      low = 1 - amax(*now.inputs[2]).item();
      high = 1 - amin(*now.inputs[2]).item();
    }
    if (!(low < -kRounded || high > 1 + kRounded)) return;
    add(fmt::format("{} gets targets from {:.3g} to {:.3g}; it is made for 0, 1 and what lies "
                    "between them.",
                    loss_, low, high),
        "Make the targets 0 and 1: (targets + 1) / 2 of -1 and 1, targets - 1 of 1 and 2, and "
        "pixels divided by 255.");
  }

  void add(std::string seen, std::string_view remedy) {
    findings_.add(
        Finding::Kind::negative_loss, std::string(loss_), step_, std::move(seen),
        "So the loss can fall below 0, and what makes it small is not what predicts well.", remedy);
  }

  Findings& findings_;
  std::int64_t step_ = 0;
  std::string_view loss_;  ///< that has begun; empty for none
};

}  // namespace

std::unique_ptr<Check> make_probability_check(Findings& findings) {
  return std::make_unique<ProbabilityCheck>(findings);
}

}  // namespace tapegrad::nn::detail
