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
  /// Adds the difference quotient of the next smaller step.
  void add(double quotient) {
    double before[kLevels];
    std::copy(row_, row_ + level_, before);
    row_[0] = quotient;
    if (level_ == 0 || (!std::isfinite(best_) && std::isfinite(quotient))) best_ = quotient;
    // The error of a central difference has even powers of the step only.
    double factor = 1;
    for (int order = 1; order <= level_; ++order) {
      factor *= kShrink * kShrink;
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

 private:
  int level_ = 0;
  double row_[kLevels];
  double best_ = 0;
  double uncertainty_ = std::numeric_limits<double>::infinity();
};

}  // namespace

Differences differentiate(const std::function<std::vector<double>(double)>& f, double x,
                          std::size_t outputs, double step, double rtol, double atol) {
  std::vector<Extrapolation> tableaus(outputs);
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

}  // namespace tapegrad::detail
