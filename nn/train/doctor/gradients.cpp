#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

// Bengio et al., "Learning long-term dependencies with gradient descent is difficult", 1994; Glorot
// and Bengio, 2010. Networks of one to twelve layers that learn have shares of 0.00015 and more of
// the largest gradient behind, and 5 times that of the last layer at most. Eight layers of sigmoids,
// which hardly learn, have a share of 0.000003.
constexpr double kVanishing = 3e-5, kExploding = 300;

/// Gradients that get lost, or out of hand, on their way back.
class GradientCheck final : public Check {
 public:
  explicit GradientCheck(Findings& findings) : findings_(findings) {}

  void begin(const WatchedStep&) override { layers_.clear(); }

  void updated(const Updated& updated) override {
    if (updated.parameter.value().dim() < 2 || updated.parameter.order < 0) return;
    auto place = layers_.end();  // in the order of the forward
    while (place != layers_.begin() && place[-1].weight->order > updated.parameter.order) --place;
    layers_.insert(place, {&updated.parameter, updated.largest_gradient});
  }

  void end(const WatchedStep& step) override {
    look_at_layers();
    if (++steps_ < kWindow) return;
    steps_ = 0;
    judge_layers(step.number);
  }

 private:
  struct Layer {
    const SeenParameter* weight;
    double gradient;
  };
  /// The gradient of one weight in a window.
  struct Seen {
    std::string name;
    double of_largest = 0;      ///< as a part of the largest behind it, at most
    double of_last = HUGE_VAL;  ///< as a part of the last one, at least
    int steps = 0;
  };

  void look_at_layers() {
    double later = 0;
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
      const double gradient = layer->gradient;
      if (later > 0 && gradient > 0)
        note(layer->weight->name(), gradient / later, gradient / layers_.back().gradient);
      later = std::max(later, gradient);
    }
  }

  void note(const std::string& name, double of_largest, double of_last) {
    const auto found = std::ranges::find(layers_seen_, name, &Seen::name);
    Seen& seen = found != layers_seen_.end() ? *found : layers_seen_.emplace_back(Seen{name});
    seen.of_largest = std::max(seen.of_largest, of_largest);
    seen.of_last = std::min(seen.of_last, of_last);
    ++seen.steps;
  }

  void judge_layers(std::int64_t step) {
    std::erase_if(layers_seen_, [](const Seen& each) { return each.steps < kWindow / 2; });
    if (!layers_seen_.empty()) {
      const auto least = std::ranges::min_element(layers_seen_, {}, &Seen::of_largest);
      const auto most = std::ranges::max_element(layers_seen_, {}, &Seen::of_last);
      if (least->of_largest < kVanishing && !findings_.has(Finding::Kind::vanishing_gradient))
        add_vanishing(*least, step);
      if (most->of_last > kExploding && !findings_.has(Finding::Kind::exploding_gradient))
        add_exploding(*most, step);
    }
    layers_seen_.clear();
  }

  void add_vanishing(const Seen& least, std::int64_t step) {
    findings_.add(Finding::Kind::vanishing_gradient, least.name, step,
                  fmt::format("The largest gradient of {} was at most {:.1g} of that of a layer "
                              "behind it, in each step that was looked at up to step {}.",
                              least.name, least.of_largest, step),
                  "So little comes back that far that these weights hardly learn.",
                  "Use relu or gelu rather than sigmoid or tanh, a norm layer (LayerNorm, "
                  "BatchNorm1d) or x + f(x) in between, or fewer layers.");
  }

  void add_exploding(const Seen& most, std::int64_t step) {
    findings_.add(Finding::Kind::exploding_gradient, most.name, step,
                  fmt::format("The largest gradient of {} was at least {:.3g} times that of the "
                              "last layer, in each step that was looked at up to step {}.",
                              most.name, most.of_last, step),
                  "It grows from layer to layer on the way back, so that no learning rate suits "
                  "all of them.",
                  "Begin with smaller weights (nn::init), put norm layers in between, or clip "
                  "with nn::clip_grad_norm_.");
  }

  Findings& findings_;
  std::vector<Layer> layers_;
  std::vector<Seen> layers_seen_;
  int steps_ = 0;
};

}  // namespace

std::unique_ptr<Check> make_gradient_check(Findings& findings) {
  return std::make_unique<GradientCheck>(findings);
}

}  // namespace tapegrad::nn::detail
