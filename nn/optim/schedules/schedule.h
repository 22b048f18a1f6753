#pragma once

/// @file
/// Learning rates that change as training goes on; one of your own derives from `Schedule`.
///
///     nn::Linear net(3, 1);
///     nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
///     nn::CosineAnnealingLR schedule(optimizer, {.T_max = 10});
///     for (int epoch = 0; epoch < 10; ++epoch) schedule.step();

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "nn/module/state_option.h"
#include "nn/optim/core/optimizer.h"

namespace tapegrad::nn {

/// @addtogroup schedules
/// @{

/// A rule that changes the learning rate of an optimizer as training goes on.
///
///     nn::StepLR schedule(optimizer, {.step_size = 30, .gamma = 0.1});
///     for (...) { train_one_epoch(); schedule.step(); }
///
/// Call `step()` after the optimizer's, once per epoch or once per batch, as the rule is meant.
/// Each rule turns the last learning rate into the next, so that several may work on one optimizer,
/// and every group keeps its own. The optimizer must outlive its schedules.
///
/// To resume a run, make optimizer and schedules as before and load the state of each, in any order
/// that suits: the state of a schedule holds the learning rates that it had set, too, which its
/// constructor may have changed again. Options are not loaded: a schedule made with other options
/// than the one that was saved refuses its state. (PyTorch overwrites them, whatever was asked
/// for.)
class Schedule {
 public:
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;
  /// The optimizer keeps the learning rates that it has.
  virtual ~Schedule() = default;

  /// Goes on by one. Where gradients wait for the very first step of the optimizer it warns, once,
  /// that the first learning rate was skipped.
  void step();
  /// How often `step()` was called.
  std::int64_t last_epoch() const noexcept { return last_epoch_; }
  /// What `load_state` needs to go on: "schedule.StepLR", which says what it is of, its options,
  /// "option.gamma" and so on, "last_epoch", and for each group what the schedule drives, "lr.0"
  /// and so on.
  StateDict state() const;
  /// Takes over what `state()` gave, and gives the optimizer the learning rates of that time.
  /// Errors: `ValueError` when it is of another kind of schedule or of other options, which are
  /// named, or of another number of groups; `ShapeError`; then nothing has changed.
  void load_state(const StateDict& state);

 protected:
  /// `kind` is the name of the class.
  Schedule(std::string_view kind, Optimizer& optimizer);
  /// Says that the rule changes this setting of the optimizer, too.
  void drive(std::string_view setting) { driven_.push_back(setting); }
  /// Sets the learning rates of epoch 0; constructors of rules that change them there call it.
  void start() { apply(); }
  /// The optimizer that it was made for.
  Optimizer& optimizer() const noexcept { return optimizer_; }

 private:
  friend class Checkpoint;
  /// Has the errors of `load_state`; what it returns loads, and has none. Without `rates` what the
  /// schedule drives is left to the optimizer's own state.
  std::function<void()> prepare_load(const StateDict& state, bool rates);

  /// The learning rate at `last_epoch()`, from that of the epoch before (at 0: from the optimizer's
  /// own).
  virtual double next(std::size_t group, double lr) const = 0;
  /// What shapes the curve, for the state. A rule of one's own may have none: then its states are
  /// taken by any other of its kind. (A function cannot be compared.)
  virtual std::vector<detail::Option> options() const { return {}; }
  /// What else changes at `last_epoch()`.
  virtual void also(std::size_t /*group*/) {}
  /// Errors: `ValueError` when the rule does not go on to `epoch`.
  virtual void check(std::int64_t /*epoch*/) const {}
  void apply();
  /// Notes the rates that groups start from, where that is not known yet.
  void note_initial();

  std::string_view kind_;
  Optimizer& optimizer_;
  std::vector<std::string_view> driven_{"lr"};
  std::int64_t last_epoch_ = 0;
};

/// The settings of `StepLR`.
struct StepLROptions {
  std::int64_t step_size = 0;  ///< epochs between two steps, at least 1
  double gamma = 0.1;          ///< factor of a step
};
/// Multiplies by gamma every `step_size` epochs: lr_t = lr_0 gamma^floor(t / step_size).
class StepLR final : public Schedule {
 public:
  /// Errors: `ValueError` for a step_size below 1 or a negative gamma.
  StepLR(Optimizer& optimizer, StepLROptions options);

 private:
  double next(std::size_t group, double lr) const override;
  std::vector<detail::Option> options() const override;
  StepLROptions options_;
};

/// The settings of `MultiStepLR`.
struct MultiStepLROptions {
  std::vector<std::int64_t> milestones =
      {};              ///< epochs in any order; one that is there twice counts twice
  double gamma = 0.1;  ///< factor at each
};
/// Multiplies by gamma at each milestone.
class MultiStepLR final : public Schedule {
 public:
  /// Errors: `ValueError` for a milestone below 1 or a negative gamma.
  MultiStepLR(Optimizer& optimizer, MultiStepLROptions options);

 private:
  double next(std::size_t group, double lr) const override;
  std::vector<detail::Option> options() const override;
  MultiStepLROptions options_;
};

/// The settings of `ExponentialLR`.
struct ExponentialLROptions {
  double gamma = 0.9;  ///< factor of each epoch
};
/// lr_t = lr_0 gamma^t.
class ExponentialLR final : public Schedule {
 public:
  /// Errors: `ValueError` for a negative gamma.
  ExponentialLR(Optimizer& optimizer, ExponentialLROptions options);

 private:
  double next(std::size_t group, double lr) const override;
  std::vector<detail::Option> options() const override;
  ExponentialLROptions options_;
};

/// The settings of `CosineAnnealingLR`.
struct CosineAnnealingLROptions {
  std::int64_t T_max = 0;  ///< epochs from the top to the bottom, at least 1
  double eta_min = 0;      ///< learning rate at the bottom
};
/// lr_t = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2, up again after T_max (Loshchilov
/// and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, without the
/// restarts).
class CosineAnnealingLR final : public Schedule {
 public:
  /// Errors: `ValueError` for a T_max below 1 or a negative eta_min.
  CosineAnnealingLR(Optimizer& optimizer, CosineAnnealingLROptions options);

 private:
  double next(std::size_t group, double lr) const override;
  std::vector<detail::Option> options() const override;
  CosineAnnealingLROptions options_;
};

/// The settings of `LinearLR`.
struct LinearLROptions {
  double start_factor = 1.0 / 3;  ///< in (0, 1]
  double end_factor = 1;          ///< in [0, 1]
  std::int64_t total_iters = 5;   ///< epochs from the one to the other, at least 1
};
/// Linear warm-up: lr_t = lr_0 times a factor that goes from `start_factor` to `end_factor` in a
/// straight line. The constructor sets the first factor.
class LinearLR final : public Schedule {
 public:
  /// Errors: `ValueError` for options outside the bounds above.
  explicit LinearLR(Optimizer& optimizer, LinearLROptions options = {});

 private:
  double next(std::size_t group, double lr) const override;
  std::vector<detail::Option> options() const override;
  LinearLROptions options_;
};

/// @}

}  // namespace tapegrad::nn
