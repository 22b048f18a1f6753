#include "autograd/check/differences.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace tapegrad::detail {

namespace {

constexpr int kLevels = 8;
constexpr double kShrink = 4;  // of the step from level to level
constexpr double kSettled =
    50;  // the estimated error must be this much smaller than what is allowed

/// The tableau of one output; only its last row is kept.
class Extrapolation {
 public:
  /// `powers`: the error of a quotient has every power of the step that is a multiple of this.
  explicit Extrapolation(int powers) : gain_(powers == 2 ? kShrink * kShrink : kShrink) {}

  /// Adds the difference quotient of the next smaller step.
  void add(double quotient) {
    double before[kLevels];
    std::copy(row_, row_ + level_, before);
    row_[0] = quotient;
    if (level_ == 0 || (!std::isfinite(best_) && std::isfinite(quotient))) best_ = quotient;
    const double growth = level_ > 0 ? quotient / before[0] : 1;
    grows_ = growth > 0.9 * kShrink && growth < 1.1 * kShrink ? grows_ + 1 : 0;
    double factor = 1;
    for (int order = 1; order <= level_; ++order) {
      factor *= gain_;
      row_[order] = row_[order - 1] + (row_[order - 1] - before[order - 1]) / (factor - 1);
      const double error = std::max(std::abs(row_[order] - row_[order - 1]),
                                    std::abs(row_[order] - before[order - 1]));
      if (error < uncertainty_) {  // false for NaN
        uncertainty_ = error;
        best_ = row_[order];
      }
    }
    ++level_;
  }
  double value() const { return best_; }
  double uncertainty() const { return uncertainty_; }
  /// The last quotients grew as the step shrank: the function jumps within the smallest step.
  bool jumps() const { return grows_ >= 3; }
  double last() const { return row_[0]; }

 private:
  double gain_;
  int level_ = 0;
  int grows_ = 0;  // how many quotients in a row
  double row_[kLevels];
  double best_ = 0;
  double uncertainty_ = std::numeric_limits<double>::infinity();
};

}  // namespace

Differences differentiate(const std::function<std::vector<double>(double)>& f, double x,
                          std::size_t outputs, double step, double rtol, double atol) {
  // The error of a central difference has even powers of the step only.
  std::vector<Extrapolation> tableaus(outputs, Extrapolation(2));
  for (int level = 0; level < kLevels; ++level, step /= kShrink) {
    const double above = x + step;
    const double below = x - step;
    const std::vector<double> high = f(above);
    const std::vector<double> low = f(below);
    bool settled = true;
    for (std::size_t i = 0; i < outputs; ++i) {
      Extrapolation& tableau = tableaus[i];
      tableau.add((high[i] - low[i]) / (above - below));
      const double size = std::abs(tableau.value());
      settled &= std::isfinite(size) && tableau.uncertainty() * kSettled <= atol + rtol * size;
    }
    if (settled) break;
  }
  Differences result;
  for (const Extrapolation& tableau : tableaus) {
    result.value.push_back(tableau.value());
    result.uncertainty.push_back(tableau.uncertainty());
  }
  return result;
}

bool Slopes::allow(double derivative, double rtol, double atol) const {
  const double low = std::min(left, right), high = std::max(left, right);
  const auto slack = [&](double slope) {
    return std::isfinite(slope) ? atol + rtol * std::abs(slope) : 0;
  };
  return kink && derivative >= low - slack(low) && derivative <= high + slack(high);
}

std::vector<Slopes> one_sided_slopes(const std::function<std::vector<double>(double)>& f, double x,
                                     std::size_t outputs, double step) {
  const std::vector<double> here = f(x);
  std::vector<Extrapolation> sides[2] = {{outputs, Extrapolation(1)}, {outputs, Extrapolation(1)}};
  for (int level = 0; level < kLevels; ++level, step /= kShrink) {
    for (int side = 0; side < 2; ++side) {
      const double there = side == 0 ? x - step : x + step;
      const std::vector<double> values = f(there);
      for (std::size_t i = 0; i < outputs; ++i)
        sides[side][i].add((values[i] - here[i]) / (there - x));
    }
  }
  std::vector<Slopes> result;
  for (std::size_t i = 0; i < outputs; ++i) {
    const Extrapolation &left = sides[0][i], &right = sides[1][i];
    const auto slope = [](const Extrapolation& side) {
      return side.jumps() ? std::copysign(std::numeric_limits<double>::infinity(), side.last())
                          : side.value();
    };
    Slopes slopes{slope(left), slope(right), false};
    const double apart = std::abs(slopes.left - slopes.right);
    const double doubt = left.uncertainty() + right.uncertainty();
    slopes.kink = left.jumps() || right.jumps() ||
                  apart > 100 * doubt + 1e-6 * (1 + std::abs(slopes.left) + std::abs(slopes.right));
    if (left.jumps() && right.jumps() && slopes.left == slopes.right) {
      // It jumps on both sides, up or down: any derivative will do.
      slopes.left = -slopes.right;
    }
    result.push_back(slopes);
  }
  return result;
}

}  // namespace tapegrad::detail
