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

}  // namespace tapegrad::detail
