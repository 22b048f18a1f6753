#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

// Initial weights suit inputs of a size near 1: He et al., "Delving deep into rectifiers", ICCV
// 2015. A factor of 10 is learned away; pixels from 0 to 255 have 100 and more, and pixels that were
// divided by 255 twice 0.003. Zeros do not count, so that one-hot and other sparse inputs have the
// size of what is there.
constexpr double kLargeInputs = 10, kSmallInputs = 0.005;
/// In so many steps, so that one odd batch is not taken for all.
constexpr int kInputSteps = 2;

/// Values that grow from layer to layer reach sizes that no layer which learns has: gradients grow as
/// much on their way back, though those of the weights may hide it, being products of both.
constexpr double kExploded = 1000;

/// The size of what goes into the first layer: of data, not of what parameters made of them; and how
/// it grows from there on.
class InputCheck final : public Check {
 public:
  explicit InputCheck(Findings& findings) : findings_(findings) {}

  void begin(const WatchedStep& step) override {
    step_ = step.number;
    first_size_ = 0;
  }

  void before(const Operation& now) override {
    if (step_ > kInputSteps || !now.weight || now.weight->value().dim() < 2) return;
    if (measured_ == step_) return look_at_growth(now);
    measured_ = step_;
    for (std::size_t i = 0; i < now.inputs.size(); ++i) {
      const Tensor& input = *now.inputs[i];
      if (now.origins[i].after || !input.defined() || input.requires_grad()) continue;
      if (is_floating_point(input.dtype())) return look_at(input, now.weight->module());
    }
  }

 private:
  /// Root mean square of what is not 0.
  static double size_of_inputs(const Tensor& input) {
    const auto count = count_nonzero(input).item<std::int64_t>();
    return count == 0 ? 0 : norm_of(input) / std::sqrt(static_cast<double>(count));
  }

  void look_at_growth(const Operation& now) {
    for (std::size_t i = 0; i < now.inputs.size(); ++i) {
      const Tensor& input = *now.inputs[i];
      if (!now.origins[i].fresh || !input.defined() || !is_floating_point(input.dtype())) continue;
      const double size = size_of_inputs(input);
      if (first_size_ == 0 || size < kExploded * std::max(first_size_, 1.0)) continue;
      if (findings_.has(Finding::Kind::exploding_gradient)) return;
      const std::string module = now.weight->module();
      findings_.add(
          Finding::Kind::exploding_gradient, module, step_,
          fmt::format("Values grow from layer to layer: the inputs of {} have a root mean "
                      "square of {:.3g}, and those of {}, the first one, {:.3g}.",
                      module, size, first_, first_size_),
          "Gradients grow as much on their way back, so that no learning rate suits all "
          "layers.",
          "Begin with smaller weights (nn::init), or put norm layers in between.");
    }
  }

  void look_at(const Tensor& input, const std::string& module) {
    const double size = size_of_inputs(input);
    if (size == 0) return;
    first_ = module;
    first_size_ = size;
    const bool large = size > kLargeInputs, small = size < kSmallInputs;
    hits_ += large || small;
    if (hits_ < kInputSteps || !(large || small)) return;
    findings_.add(
        Finding::Kind::unscaled_inputs, module, step_,
        fmt::format("The inputs of {} go from {:.3g} to {:.3g}; those that are not 0 have a "
                    "root mean square of {:.3g}.",
                    module, amin(input).item(), amax(input).item(), size),
        large ? "Weights begin at a size that suits inputs near 1, so that outputs, gradients "
                "and steps are now as many times too large."
              : "Weights begin at a size that suits inputs near 1, so that outputs and "
                "gradients are now as many times too small, and training is slow.",
        "Scale the inputs by what the training part has, as nn::Standardizer does; divide "
        "pixels by 255, once.");
  }

  Findings& findings_;
  std::int64_t step_ = 0, measured_ = 0;
  int hits_ = 0;
  std::string first_;      ///< layer
  double first_size_ = 0;  ///< of its inputs; 0 for not known
};

}  // namespace

std::unique_ptr<Check> make_input_check(Findings& findings) {
  return std::make_unique<InputCheck>(findings);
}

}  // namespace tapegrad::nn::detail
