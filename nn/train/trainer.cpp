#include "nn/train/trainer.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tensor/require.h"
#include "nn/train/training_run.h"

namespace tapegrad::nn {

namespace {

void check_options(const TrainerOptions& options) {
  const auto at_least = [](const char* name, auto value, decltype(value) least) {
    if (!(value >= least))
      fail<ValueError>("Trainer: {} must be at least {}, but is {}", name, least, value);
  };
  at_least("epochs", options.epochs, 0);
  at_least("steps", options.steps, 0);
  at_least("accumulate", options.accumulate, 1);
  at_least("min_delta", options.min_delta, 0);
  at_least("patience", options.patience, 0);
  at_least("checkpoint_seconds", options.checkpoint_seconds, 0);
  at_least("clip_norm", options.clip_norm.value_or(0), 0);
  at_least("clip_value", options.clip_value.value_or(0), 0);
  for (std::size_t i = 0; i < options.metrics.size(); ++i) {
    const std::string& name = options.metrics[i].name;
    if (name.empty() || name == "loss")
      fail<ValueError>("Trainer: a metric cannot be called '{}'", name);
    for (std::size_t j = 0; j < i; ++j)
      if (options.metrics[j].name == name)
        fail<ValueError>("Trainer: two metrics are called '{}'", name);
  }
}

}  // namespace

struct Trainer::Impl : detail::TrainingRun {
  using TrainingRun::TrainingRun;
};

Trainer::Trainer(std::function<Tensor(const Tensor&)> forward, ModuleRef model, BatchFunction loss,
                 Optimizer& optimizer, TrainerOptions options,
                 std::function<detail::Trial()> trials) {
  check_options(options);
  impl_ = std::make_unique<Impl>(std::move(forward), model, std::move(loss), optimizer,
                                 std::move(options), std::move(trials));
}

Trainer::~Trainer() = default;

const History& Trainer::fit_source(detail::BatchSource& training, detail::BatchSource* validation) {
  tapegrad::detail::allocating_for("Trainer::fit", [&] { impl_->fit(training, validation); });
  return impl_->history;
}

Score Trainer::evaluate_source(detail::BatchSource& source) {
  return tapegrad::detail::allocating_for("Trainer::evaluate",
                                          [&] { return impl_->evaluate(source); });
}

void Trainer::stop() noexcept { impl_->stop.store(true); }
const History& Trainer::history() const noexcept { return impl_->history; }
const std::vector<Finding>& Trainer::findings() const noexcept {
  static const std::vector<Finding> none;
  return impl_->doctor ? impl_->doctor->findings() : none;
}
Checkpoint& Trainer::checkpoint() noexcept { return impl_->checkpoint; }

}  // namespace tapegrad::nn
