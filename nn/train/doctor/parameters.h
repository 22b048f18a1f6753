#pragma once

#include <vector>

#include "nn/train/doctor/check.h"

// Internal: parameters that are not trained.

namespace tapegrad::nn::detail {

/// The parameters of `model`, and whether one of the optimizers holds them.
std::vector<SeenParameter> seen_parameters(ModuleRef model,
                                           const std::vector<const Optimizer*>& optimizers);

/// Parameters that no optimizer holds, and those that never have a gradient.
class ParameterCheck final : public Check {
 public:
  explicit ParameterCheck(Findings& findings) : findings_(findings) {}

  void begin(const WatchedStep& step) override;
  void updated(const Updated& updated) override;
  void end(const WatchedStep&) override { ++looks_; }
  /// At the end of each step, looked at or not.
  void step_ended(std::int64_t step);

 private:
  Findings& findings_;
  std::vector<Parameter> waiting_;  ///< had none so far
  int looks_ = 0;
};

}  // namespace tapegrad::nn::detail
