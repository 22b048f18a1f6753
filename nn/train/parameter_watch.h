#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nn/module/state.h"
#include "nn/train/history.h"

// Internal: what a Trainer sees of parameters.

namespace tapegrad::nn::detail {

/// Looks at parameters in a few steps of each epoch, for `EpochRecord::parameters`.
class ParameterWatch {
 public:
  explicit ParameterWatch(std::vector<Parameter> parameters);

  /// Whether step number `step`, counted from 0, of an epoch of `steps` is looked at.
  static bool looks_at(std::int64_t step, std::int64_t steps) noexcept;
  /// Before the optimizer's step, and after it.
  /// @{
  void before();
  void after();
  /// @}
  /// What was seen since the last `clear`, and how the parameters are now.
  std::vector<ParameterRecord> records() const;
  void clear();

  /// The sums so far, a row for each parameter, and what `state` gave. Errors: `ValueError` for the
  /// state of other parameters.
  /// @{
  Tensor state() const;
  void set(const Tensor& state);
  /// @}

 private:
  struct Sums {
    double gradients = 0, updates = 0;
    std::int64_t seen = 0;  // steps with a gradient
  };

  std::vector<Parameter> parameters_;
  std::vector<Sums> sums_;
  std::vector<Tensor> values_;  // before the step; undefined without a gradient
};

}  // namespace tapegrad::nn::detail
