#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "nn/train/doctor/check.h"

namespace tapegrad::nn::detail {

namespace {

// Dead units: Lu et al., "Dying ReLU and initialization", 2020. Features of healthy networks are
// sparse, too: digits with one to three layers have up to 45 % of units without an example in a
// window, and up to 76 % at the batch size and rate where training just about works.
constexpr double kDeadShare = 0.8;
/// So many rows before units are called dead: a unit may be for few examples.
constexpr std::int64_t kRows = 512;

// Saturation: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
// networks", 2010. At such an end, on a scale of -1 to 1, the slope is a twentieth of the largest.
constexpr double kEnd = 0.975;
/// In the first window initial weights and inputs decide: healthy networks have up to 55 % there,
/// pixels from 0 to 255 more than 90 %. Later on healthy units go to their ends as they become sure:
/// up to 96 %.
constexpr double kSaturatedFirst = 0.8, kSaturatedLater = 0.98;

/// Units that have stopped to learn: relus at 0, sigmoids and tanhs at their ends.
class ActivationCheck final : public Check {
 public:
  explicit ActivationCheck(Findings& findings) : findings_(findings) {}

  void begin(const WatchedStep&) override { made_.clear(); }

  // Hidden units alone: gates, outputs and losses are at their ends where they are sure of something.
  void before(const Operation& now) override {
    if (!now.weight && now.name() != "dropout") return;
    for (std::size_t i = 0; i < now.origins.size(); ++i) {
      const Origin& origin = now.origins[i];
      if (origin.op == "sigmoid" || origin.op == "tanh")
        add_ends(find(origin.text()), *now.inputs[i], origin.op == "tanh");
      for (Made& made : made_)
        if (made.number == origin.relu && made.most.defined()) add_most(made);
    }
  }

  void after(const Operation& now, const Tensor& output) override {
    if (now.name() != "relu" || output.dim() < 2 || output.numel() == 0) return;
    Dims others;
    for (int dim = 0; dim + 1 < output.dim(); ++dim) others.push_back(dim);
    made_.push_back({now.origin.relu, now.origin.text(), amax(output, others),
                     output.numel() / output.size(-1)});
  }

  void end(const WatchedStep& step) override {
    if (++steps_ < kWindow) return;
    steps_ = 0;
    std::vector<const Units*> dead, saturated;
    for (Units& units : all_) {
      if (units.most.defined() && units.rows >= kRows && is_dead(units)) dead.push_back(&units);
      if (units.measured > 0 && is_saturated(units)) saturated.push_back(&units);
    }
    first_ = false;
    if (!dead.empty()) add_dead(dead, step.number);
    if (!saturated.empty()) add_saturated(saturated, step.number);
  }

 private:
  /// The units of one layer, in a window.
  struct Units {
    std::string place;
    Tensor most = {};       ///< of each unit, the largest output
    std::int64_t rows = 0;  ///< outputs of each
    double saturated = 0;   ///< sum of shares
    int measured = 0;       ///< how many
    // Of the last window.
    std::int64_t dead = 0, count = 0, looked = 0;
    double share = 0;
  };

  /// What a relu gave in this step.
  struct Made {
    int number;
    std::string place;
    Tensor most;  ///< of each unit, the largest output
    std::int64_t rows;
  };

  Units& find(const std::string& place) {
    const auto found = std::ranges::find(all_, place, &Units::place);
    return found != all_.end() ? *found : all_.emplace_back(Units{place});
  }

  static void add_ends(Units& units, const Tensor& value, bool from_minus_one) {
    const Tensor end = abs(from_minus_one ? value : 2 * value - 1);
    units.saturated += mean((end > kEnd).to(value.dtype())).item();
    ++units.measured;
  }

  void add_most(Made& made) {
    Units& units = find(made.place);
    const Tensor most = std::exchange(made.most, {});  // counted once
    const bool same = units.most.defined() && units.most.shape() == most.shape();
    units.most = same ? maximum(units.most, most) : most;
    units.rows = (same ? units.rows : 0) + made.rows;
  }

  static bool is_dead(Units& units) {
    units.count = units.most.numel();
    units.dead = units.count - count_nonzero(std::exchange(units.most, {})).item<std::int64_t>();
    units.looked = std::exchange(units.rows, 0);
    return static_cast<double>(units.dead) > kDeadShare * static_cast<double>(units.count);
  }

  bool is_saturated(Units& units) const {
    units.share = std::exchange(units.saturated, 0) / std::exchange(units.measured, 0);
    return units.share > (first_ ? kSaturatedFirst : kSaturatedLater);
  }

  /// " (as in 3 more layers)"
  static std::string others(const std::vector<const Units*>& all) {
    return all.size() > 1 ? fmt::format(" (as in {} more layers)", all.size() - 1) : std::string();
  }

  void add_dead(const std::vector<const Units*>& all, std::int64_t step) {
    const Units& first = *all.front();
    findings_.add(
        Finding::Kind::dead_relu, first.place, step,
        fmt::format("{} of the {} units of {} gave 0 for each of {} examples, up to step {}{}.",
                    first.dead, first.count, first.place, first.looked, step, others(all)),
        "Such a unit has no gradient, so that it cannot learn its way back.",
        "Lower the learning rate, and begin with biases of 0; leaky_relu keeps a gradient on both "
        "sides.");
  }

  void add_saturated(const std::vector<const Units*>& all, std::int64_t step) {
    const Units& first = *all.front();
    findings_.add(Finding::Kind::saturated, first.place, step,
                  fmt::format("{:.0f} % of the results of {} are at its ends, up to step {}{}.",
                              100 * first.share, first.place, step, others(all)),
                  "There the slope is below a twentieth of that in the middle, so that hardly any "
                  "gradient passes.",
                  "Scale the inputs to a size near 1, begin with smaller weights, or lower the "
                  "learning rate.");
  }

  Findings& findings_;
  std::vector<Units> all_;
  std::vector<Made> made_;
  int steps_ = 0;
  bool first_ = true;  ///< the window
};

}  // namespace

std::unique_ptr<Check> make_activation_check(Findings& findings) {
  return std::make_unique<ActivationCheck>(findings);
}

}  // namespace tapegrad::nn::detail
