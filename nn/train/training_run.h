#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nn/train/interrupt.h"
#include "nn/train/parameter_watch.h"
#include "nn/train/progress.h"
#include "nn/train/trainer.h"

// Internal: what is behind a Trainer.

namespace tapegrad::nn::detail {

/// A training between its steps.
class TrainingRun {
 public:
  TrainingRun(std::function<Tensor(const Tensor&)> forward, ModuleRef model, BatchFunction loss,
              Optimizer& optimizer, TrainerOptions options, std::function<Trial()> trials);
  TrainingRun(const TrainingRun&) = delete;
  TrainingRun& operator=(const TrainingRun&) = delete;
  ~TrainingRun() = default;

  void fit(BatchSource& training, BatchSource* validation);
  Score evaluate(BatchSource& source) const;

  History history;
  Checkpoint checkpoint;
  std::optional<Doctor> doctor;  ///< once the training has begun, where it is asked for
  std::atomic<bool> stop{false};

 private:
  using Clock = std::chrono::steady_clock;
  /// The epoch that runs.
  struct Epoch {
    Epoch(const std::vector<Metric>& metrics, std::vector<Parameter> all)
        : sums(metrics), parameters(std::move(all)) {}
    void clear();

    ScoreSums sums;
    ParameterWatch parameters;
    std::int64_t batches = 0;  ///< so far
    double lr = 0, seconds = 0;
  };
  /// The batches that make one step.
  struct Step {
    std::int64_t examples = 0;  ///< of all its batches
    std::int64_t last = 0;      ///< the batch behind its last one
    double loss = 0;            ///< mean over the examples, so far
  };

  // ---- the file
  /// True when there was a file with steps.
  bool resume(BatchSource& source);
  std::string resumed_text() const;
  void save();

  // ---- an epoch
  std::optional<Ended> reason_to_end() const;
  std::optional<Ended> reason_to_stop(const InterruptScope& interrupt);
  std::optional<Ended> run_epoch(BatchSource& source, const InterruptScope& interrupt,
                                 TrainingProgress& progress);
  void call_doctor(const BatchSource& training, const BatchSource* validation);
  void begin_step(const BatchSource& source);
  bool train_batch(const Tensor& inputs, const Tensor& targets, const BatchSource& source);
  bool add_batch(const Tensor& inputs, const Tensor& targets, const BatchSource& source);
  void end_step(const BatchSource& source);
  void clip();
  void end_epoch(BatchSource& training, BatchSource* validation);
  void diverge();
  std::int64_t epoch_number() const { return static_cast<std::int64_t>(history.epochs.size()) + 1; }

  // ---- what epochs are compared by
  double monitored(const EpochRecord& epoch) const;
  void check_monitor(bool validation) const;
  bool is_best(const EpochRecord& epoch) const;

  std::function<Tensor(const Tensor&)> forward_;
  ModuleRef model_;
  BatchFunction loss_;
  Optimizer& optimizer_;
  TrainerOptions options_;
  std::function<Trial()> trials_;

  std::int64_t steps_ = 0;
  StateDict best_;
  Epoch epoch_;
  Step step_;

  // Of the file.
  const void* loader_ = nullptr;
  StateDict saved_;
  std::string saved_history_;
  Clock::time_point kept_ = Clock::now();
};

}  // namespace tapegrad::nn::detail
