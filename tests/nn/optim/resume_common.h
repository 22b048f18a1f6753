#pragma once

#include "tests/nn/optim/common.h"

// What the tests of resumed runs and of states share.

namespace resume_test {

using namespace optim_test;

using Schedules = std::vector<std::shared_ptr<nn::Schedule>>;

template <class Kind, class Options>
auto schedule(Options options) {
  return [options](nn::Optimizer& optimizer) -> std::shared_ptr<nn::Schedule> {
    return std::make_shared<Kind>(optimizer, options);
  };
}
using MakeSchedule = std::function<std::shared_ptr<nn::Schedule>(nn::Optimizer&)>;

inline const MakeSchedule kSchedules[] = {
    schedule<nn::StepLR>(nn::StepLROptions{.step_size = 4, .gamma = 0.1}),
    schedule<nn::MultiStepLR>(nn::MultiStepLROptions{.milestones = {3, 9}, .gamma = 0.5}),
    schedule<nn::ExponentialLR>(nn::ExponentialLROptions{.gamma = 0.9}),
    schedule<nn::CosineAnnealingLR>(nn::CosineAnnealingLROptions{.T_max = 5}),
    schedule<nn::LinearLR>(nn::LinearLROptions{.start_factor = 0.1, .total_iters = 8}),
    schedule<nn::OneCycleLR>(nn::OneCycleLROptions{.max_lr = 0.1, .total_steps = 20}),
};

inline const MakeOptimizer kOptimizers[] = {
    make<nn::SGD>(nn::SGDOptions{.lr = 0.05, .momentum = 0.9}),
    make<nn::Adam>(nn::AdamOptions{.lr = 0.02, .amsgrad = true}),
    make<nn::AdamW>(nn::AdamWOptions{.lr = 0.02}),
    make<nn::RMSprop>(nn::RMSpropOptions{.lr = 0.01, .eps = 1e-2, .momentum = 0.5}),
    make<nn::Adagrad>(nn::AdagradOptions{.lr = 0.1}),
};

/// A parameter with its optimizer and schedules.
struct Run {
  Tensor w;
  std::unique_ptr<nn::Optimizer> optimizer;
  Schedules schedules;

  Run(const MakeOptimizer& kind, const std::vector<double>& values)
      : w(leaf(values, tg::float32)), optimizer(kind({{"w", w}})) {}
  void train(int from, int to) {
    for (int step = from; step < to; ++step) {
      set_gradient(w, step);
      optimizer->step();
      for (const auto& one : schedules) one->step();
    }
  }
};

inline constexpr int kStop = 7, kEnd = 18;

}  // namespace resume_test
