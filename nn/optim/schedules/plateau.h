#pragma once

/// @file
/// A learning rate that falls when a figure no longer improves.
///
///     nn::Linear net(3, 1);
///     nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
///     nn::ReduceLROnPlateau schedule(optimizer, {.patience = 5});
///     schedule.step(0.25);  // the validation loss of an epoch

#include <cstdint>
#include <functional>
#include <vector>

#include "nn/module/state_option.h"
#include "nn/optim/core/optimizer.h"

namespace tapegrad::nn {

/// @addtogroup schedules
/// @{

/// The settings of `ReduceLROnPlateau`.
struct ReduceLROnPlateauOptions {
  /// Whether less or more is better.
  enum class Mode {
    min,  ///< less, as of a loss
    max   ///< more, as of an accuracy
  };
  /// Better by a share of the best's absolute value, or by an amount. (PyTorch takes a share of the
  /// best itself, so that a negative one never counts as reached.)
  enum class Threshold {
    rel,  ///< by a share
    abs   ///< by an amount
  };

  Mode mode = Mode::min;       ///< what is better
  double factor = 0.1;         ///< what the learning rate is multiplied by, in [0, 1)
  std::int64_t patience = 10;  ///< epochs without improvement that are borne
  double threshold = 1e-4;     ///< what counts as better
  Threshold threshold_mode = Threshold::rel;  ///< what `threshold` is
  std::int64_t cooldown = 0;                  ///< epochs after a reduction that do not count
  double min_lr = 0;                          ///< the learning rate does not go below
  double eps = 1e-8;                          ///< smaller changes are not made
};

/// Lowers the learning rate when a figure, such as the validation loss, has stopped improving.
/// The optimizer must outlive it.
class ReduceLROnPlateau {
 public:
  /// Errors: `ValueError` for options outside the bounds above or negative.
  explicit ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options = {});
  ReduceLROnPlateau(const ReduceLROnPlateau&) = delete;
  ReduceLROnPlateau& operator=(const ReduceLROnPlateau&) = delete;

  /// Tells it the figure of one epoch. NaN never counts as better.
  void step(double metric);
  /// The best figure so far; infinite before the first.
  double best() const noexcept { return best_; }
  /// What `load_state` needs to go on, its options, "option.factor" and so on, among it; the
  /// learning rates are in the optimizer's state.
  StateDict state() const;
  /// Takes over what `state()` gave. Errors: `ValueError` for the state of another kind of schedule
  /// or of other options, which are named; `ShapeError`; then nothing has changed.
  void load_state(const StateDict& state);

 private:
  friend class Checkpoint;
  /// Has the errors of `load_state`; what it returns loads, and has none.
  std::function<void()> prepare_load(const StateDict& state);

  void follow(double metric);
  bool better(double metric) const;
  std::vector<detail::Option> options() const;

  Optimizer& optimizer_;
  ReduceLROnPlateauOptions options_;
  double best_;
  std::int64_t bad_epochs_ = 0;
  std::int64_t cooldown_left_ = 0;
};

/// @}

}  // namespace tapegrad::nn
