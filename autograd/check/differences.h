#pragma once

#include <functional>
#include <vector>

// Internal: derivatives from differences, for gradcheck.

namespace tapegrad::detail {

/// A derivative and an estimate of its error, for each output.
struct Differences {
  std::vector<double> value;
  std::vector<double> uncertainty;
};

/// d f(x) / dx for a function of one number with `outputs` results.
///
/// Central differences with steps `step`, `step` / 4, ..., extrapolated to step 0; of all orders
/// and steps the one whose neighbours agree best is taken (Ridders, "Accurate computation of F'(x)
/// and F''(x)", Advances in Engineering Software 4, 1982). Ends early once the estimated error of
/// all is far below `atol` + `rtol` |value|. NaN where `f` is NaN at every step.
Differences differentiate(const std::function<std::vector<double>(double)>& f, double x,
                          std::size_t outputs, double step, double rtol, double atol);

/// The slopes of a function to both sides of a place; infinite where it jumps there.
struct Slopes {
  double left, right;
  bool kink;  ///< they differ, by more than what they are uncertain by

  /// True when the place is a kink and `derivative` is none that a convention could not choose.
  bool allow(double derivative, double rtol, double atol) const;
};

/// The same for each output of `f` at `x`, from differences to one side, extrapolated to step 0.
std::vector<Slopes> one_sided_slopes(const std::function<std::vector<double>(double)>& f, double x,
                                     std::size_t outputs, double step);

}  // namespace tapegrad::detail
