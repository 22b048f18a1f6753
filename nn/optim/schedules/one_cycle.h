#pragma once

/// @file
/// A learning rate that rises and then falls far below where it began, in one training.
///
///     nn::Linear net(3, 1);
///     nn::SGD optimizer(nn::parameters(net), {.lr = 0.1, .momentum = 0.9});
///     nn::OneCycleLR schedule(optimizer, {.max_lr = 0.5, .total_steps = 1000});
///     schedule.step();  // after every batch

#include <vector>

#include "nn/optim/schedules/schedule.h"

namespace tapegrad::nn {

/// @addtogroup schedules
/// @{

/// The settings of `OneCycleLR`.
struct OneCycleLROptions {
  /// The curve between two ends of a phase.
  enum class Anneal {
    cos,    ///< half a cosine
    linear  ///< a straight line
  };

  double max_lr = 0;                     ///< the top, above 0
  std::int64_t total_steps = 0;          ///< batches of the whole training, at least 1
  double pct_start = 0.3;                ///< share of the steps on the way up, in [0, 1]
  Anneal anneal_strategy = Anneal::cos;  ///< the curve of each phase
  bool cycle_momentum = true;            ///< momentum (or Adam's beta1) goes the other way round
  double base_momentum = 0.85;           ///< at the top of the learning rate
  double max_momentum = 0.95;            ///< at both ends
  double div_factor = 25;                ///< the first learning rate is max_lr / div_factor
  double final_div_factor = 1e4;         ///< the last one is the first / final_div_factor
  bool three_phase = false;  ///< down to the first learning rate as slowly as up, then to the last
};

/// Up from a low learning rate to `max_lr` and down far below where it started (Smith and Topin,
/// "Super-convergence: very fast training of neural networks using large learning rates", 2018).
/// Step it after every batch; one step more than `total_steps` is a `ValueError`.
class OneCycleLR final : public Schedule {
 public:
  /// Errors: `ValueError` for options outside the bounds above, and for `cycle_momentum` with an
  /// optimizer that has neither momentum nor beta1.
  OneCycleLR(Optimizer& optimizer, OneCycleLROptions options);

 private:
  struct Phase {
    double end_step;
    double start_lr, end_lr;
    double start_momentum, end_momentum;
  };

  double next(std::size_t group, double lr) const override;
  std::vector<detail::Option> options() const override;
  void also(std::size_t group) override;
  void check(std::int64_t epoch) const override;
  /// The phase of `last_epoch()`, and how far it is through: 0 to 1.
  std::pair<const Phase*, double> now() const;
  double anneal(double start, double end, double share) const;

  OneCycleLROptions options_;
  std::string_view momentum_;
  std::vector<Phase> phases_;
};

/// @}

}  // namespace tapegrad::nn
