#include <algorithm>
#include <array>
#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

/// Sums of probabilities are so near to 1, also where they were clamped.
constexpr double kNearOne = 1e-3;
/// In so many looks one after the other, of so many at the beginning.
constexpr int kLooksOfSums = 2, kFirstLooks = 4;

/// What goes into losses.
class LossCheck final : public Check {
 public:
  explicit LossCheck(Findings& findings) : findings_(findings) {}

  void begin(const WatchedStep& step) override {
    step_ = step.number;
    ++looks_;
  }
  void before(const Operation& now) override {
    if (now.name() == "cross_entropy" || now.name() == "binary_cross_entropy_with_logits")
      look_at_logits(now);
    if (now.elementwise && now.inputs.size() >= 2) look_at_shapes(now);
  }

 private:
  void look_at_logits(const Operation& now) {
    constexpr std::array<std::string_view, 5> names = {"softmax", "masked_softmax", "log_softmax",
                                                       "sigmoid", "logsigmoid"};
    const std::string_view activation = now.origins[0].op;
    const Tensor& given = *now.inputs[0];
    const bool classes = now.name() == "cross_entropy";
    if (std::ranges::find(names, activation) == names.end()) {
      if (classes && looks_ <= kFirstLooks) look_at_sums(now, given);
      return;
    }
    const double low = given.numel() == 0 ? 0 : amin(given).item();
    const double high = given.numel() == 0 ? 0 : amax(given).item();
    std::string why;
    if (classes && activation == "log_softmax")
      why = "A second log_softmax changes nothing, it only takes time.";
    else if (high <= 1 && low >= 0)
      why = why_not_probabilities(classes && given.dim() > 1 ? given.size(1) : 2);
    else
      why = "Of logarithms that are all below 0 it makes other probabilities than those meant.";
    const std::string place = now.origins[0].text();
    findings_.add(
        Finding::Kind::activation_before_loss, place, step_,
        fmt::format("{} gets the result of {} for logits; it lies between {:.3g} and {:.3g}.",
                    now.name(), place, low, high),
        fmt::format("The loss has its {} in itself. {}", classes ? "softmax" : "sigmoid", why),
        fmt::format("Leave {} out of the model, and call it only where probabilities are "
                    "wanted.",
                    activation));
  }

  static std::string why_not_probabilities(std::int64_t classes) {
    // The best that logits from 0 to 1 can give: 1 for what is right and 0 for the rest.
    const auto others = static_cast<double>(classes - 1);
    return fmt::format(
        "Of numbers between 0 and 1 it makes nearly equal probabilities, so that the loss of an "
        "example cannot fall below {:.2f}, and gradients are small.",
        std::log1p(others / std::exp(1.0)));
  }

  /// Probabilities, however they were made.
  void look_at_sums(const Operation& now, const Tensor& given) {
    const bool found = given.dim() > 1 && given.size(1) > 1 && given.numel() > 0 &&
                       amin(given).item() >= 0 && largest_of(sum(given, 1) - 1) < kNearOne;
    hits_ = found ? hits_ + 1 : 0;
    if (hits_ < kLooksOfSums) return;
    const std::string place = now.origins[0].text();
    findings_.add(Finding::Kind::activation_before_loss, place, step_,
                  fmt::format("{} gets the result of {} for logits; the numbers of each example "
                              "add up to 1.",
                              now.name(), place),
                  "The loss has its softmax in itself. " + why_not_probabilities(given.size(1)),
                  "Give the loss what the probabilities are made of, and make them only where they "
                  "are wanted.");
  }

  /// Different shapes that hold as many elements, and more when they meet: [N, 1] and [N]. (Two of
  /// one rank, such as [N, 1, Q] and [N, Q, 1], are meant: somebody has put the 1 there.)
  void look_at_shapes(const Operation& now) {
    const Tensor &a = *now.inputs[0], &b = *now.inputs[1];
    if (!a.defined() || !b.defined() || !(now.origins[0].targets || now.origins[1].targets)) return;
    const Tensor& outputs = now.origins[0].targets ? b : a;
    const Tensor& targets = now.origins[0].targets ? a : b;
    if (!outputs.requires_grad() || targets.requires_grad()) return;
    if (a.numel() != b.numel() || a.dim() == b.dim()) return;
    const Shape both = broadcast_shapes(a.shape(), b.shape());
    if (both.numel() <= a.numel()) return;
    const std::string place = now.origin.text();
    findings_.add(
        Finding::Kind::accidental_broadcast, place, step_,
        fmt::format("{} makes {} of outputs of shape {} and targets of shape {}.", place, both,
                    outputs.shape(), targets.shape()),
        "So every output is compared with every target, and the best that the model can learn "
        "is their mean.",
        "Give both one shape, such as targets.reshape(outputs.shape()); nn::mse_loss and "
        "the other losses refuse this.");
  }

  Findings& findings_;
  std::int64_t step_ = 0;
  int looks_ = 0, hits_ = 0;
};

}  // namespace

std::unique_ptr<Check> make_loss_check(Findings& findings) {
  return std::make_unique<LossCheck>(findings);
}

}  // namespace tapegrad::nn::detail
