#include "nn/train/training_run.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "nn/module/evaluation.h"
#include "nn/module/state.h"
#include "nn/optim/clip.h"

namespace tapegrad::nn::detail {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Where a loader is.
class SourcePlace {
 public:
  explicit SourcePlace(BatchSource& source) : source_(source), state_(source.state()) {}
  void restore() const { source_.load_state(state_); }

 private:
  BatchSource& source_;
  StateDict state_;
};

/// The parameters of all groups.
std::vector<Parameter> all_parameters(const Optimizer& optimizer) {
  std::vector<Parameter> all;
  for (std::size_t group = 0; group < optimizer.group_count(); ++group)
    for (Parameter& parameter : optimizer.parameters(group)) all.push_back(std::move(parameter));
  return all;
}

}  // namespace

TrainingRun::TrainingRun(std::function<Tensor(const Tensor&)> forward, ModuleRef model,
                         BatchFunction loss, Optimizer& optimizer, TrainerOptions options,
                         std::function<Trial()> trials)
    : forward_(std::move(forward)),
      model_(model),
      loss_(std::move(loss)),
      optimizer_(optimizer),
      options_(std::move(options)),
      trials_(std::move(trials)),
      epoch_(options_.metrics, all_parameters(optimizer)) {
  checkpoint.add("optimizer", optimizer_);
  if (options_.step_schedule) checkpoint.add("step_schedule", *options_.step_schedule);
  if (options_.epoch_schedule) checkpoint.add("epoch_schedule", *options_.epoch_schedule);
  if (options_.plateau) checkpoint.add("plateau", *options_.plateau);
  checkpoint.add("training", saved_).add("history", saved_history_).add("best", best_);
}

void TrainingRun::Epoch::clear() {
  sums.clear();
  parameters.clear();
  batches = 0;
  seconds = 0;
}

// ---- the file

void TrainingRun::save() {
  if (options_.checkpoint.empty()) return;
  saved_history_ = history.json();
  const std::vector<double> numbers{static_cast<double>(steps_),
                                    static_cast<double>(epoch_.batches), epoch_.lr, epoch_.seconds};
  saved_ = {{"numbers", tensor(numbers, float64)},
            {"sums", epoch_.sums.state()},
            {"parameters", epoch_.parameters.state()}};
  checkpoint.save(options_.checkpoint);
  kept_ = Clock::now();
}

bool TrainingRun::resume(BatchSource& source) {
  if (options_.checkpoint.empty() || loader_ == source.loader()) return false;
  if (loader_)
    fail<ValueError>(
        "Trainer: fit goes on with the loader that it began with, since the file of the option "
        "checkpoint has that; make another Trainer for another loader");
  source.add_to(checkpoint);
  loader_ = source.loader();
  // An error of writing is known before the training, not after it.
  if (!std::filesystem::exists(options_.checkpoint)) {
    save();
    return false;
  }
  checkpoint.load(options_.checkpoint);
  history = History::from_json(saved_history_);
  if (saved_.size() != 3) fail<ValueError>("Trainer: the checkpoint is not of a Trainer");
  const auto numbers = saved_[0].value.data<double>();
  steps_ = static_cast<std::int64_t>(numbers[0]);
  epoch_.batches = static_cast<std::int64_t>(numbers[1]);
  epoch_.lr = numbers[2];
  epoch_.seconds = numbers[3];
  epoch_.sums.set(saved_[1].value);
  epoch_.parameters.set(saved_[2].value);
  return steps_ > 0;
}

/// Where a run that was kept is.
std::string TrainingRun::resumed_text() const {
  const std::size_t epochs = history.epochs.size();
  const auto ended = reason_to_end();
  if (!ended)
    return epoch_.batches > 0
               ? fmt::format("goes on in epoch {}, after {} batches", epochs + 1, epoch_.batches)
               : fmt::format("goes on after epoch {}", epochs);
  std::string why = fmt::format("the run ended in epoch {}", epochs);
  if (ended == Ended::early_stopping)
    why = fmt::format("the run ended early, after epoch {}", epochs);
  else if (ended == Ended::all_epochs)
    why = std::cmp_greater_equal(epochs, options_.epochs)
              ? fmt::format("all {} epochs are done", options_.epochs)
              : fmt::format("all {} steps are done", options_.steps);
  return why + "; remove the file to begin anew";
}

// ---- what epochs are compared by

double TrainingRun::monitored(const EpochRecord& epoch) const {
  const std::string_view name = options_.monitor;
  if (name.empty()) return epoch.validation ? epoch.validation->loss : epoch.training.loss;
  std::string names;
  const auto find = [&](std::string part, const Score& score) -> std::optional<double> {
    part += '_';
    names += fmt::format("{}{}loss", names.empty() ? "" : ", ", part);
    for (const Measured& metric : score.metrics) names += fmt::format(", {}{}", part, metric.name);
    if (!name.starts_with(part)) return {};
    const std::string_view rest = name.substr(part.size());
    if (rest == "loss") return score.loss;
    const Measured* metric = score.find(rest);
    return metric ? std::optional(metric->value) : std::nullopt;
  };
  std::optional<double> value = find("training", epoch.training);
  if (!value && epoch.validation) value = find("validation", *epoch.validation);
  if (!value) fail<ValueError>("Trainer: there is no '{}' to monitor; there are: {}", name, names);
  return *value;
}

void TrainingRun::check_monitor(bool validation) const {
  EpochRecord epoch;
  for (const Metric& metric : options_.metrics)
    epoch.training.metrics.push_back({.name = metric.name});
  if (validation) epoch.validation = epoch.training;
  monitored(epoch);
}

bool TrainingRun::is_best(const EpochRecord& epoch) const {
  const double value = monitored(epoch);
  if (std::isnan(value)) return false;
  const EpochRecord* best = history.best();
  if (!best) return true;
  return options_.monitor_max ? value > monitored(*best) + options_.min_delta
                              : value < monitored(*best) - options_.min_delta;
}

// ---- a step

void TrainingRun::call_doctor(const BatchSource& training, const BatchSource* validation) {
  if (!options_.doctor || doctor) return;
  doctor.emplace(model_, optimizer_);
  doctor->look_at(training.dataset(), validation ? validation->dataset() : Examples{});
  if (trials_) doctor->set_trial(trials_);
}

void TrainingRun::begin_step(const BatchSource& source) {
  step_ = {.last = std::min(epoch_.batches + options_.accumulate, source.batches())};
  step_.examples = source.first_of(step_.last) - source.first_of(epoch_.batches);
  optimizer_.zero_grad();
}

/// False when the loss is not finite.
bool TrainingRun::add_batch(const Tensor& inputs, const Tensor& targets,
                            const BatchSource& source) {
  const std::int64_t examples =
      source.first_of(epoch_.batches + 1) - source.first_of(epoch_.batches);
  const double share = static_cast<double>(examples) / static_cast<double>(step_.examples);
  const Tensor outputs = forward_(inputs);
  const Tensor loss = loss_(outputs, targets);
  const double value = checked_loss("Trainer", loss);
  step_.loss += share * value;
  if (!std::isfinite(value)) return false;
  (share == 1 ? loss : loss * share).backward();
  epoch_.sums.add(outputs, targets, value, examples);
  ++epoch_.batches;
  return true;
}

/// The same with the step around it, as far as it begins or ends here.
bool TrainingRun::train_batch(const Tensor& inputs, const Tensor& targets,
                              const BatchSource& source) {
  if (epoch_.batches == step_.last) begin_step(source);
  if (!add_batch(inputs, targets, source)) return false;
  if (epoch_.batches == step_.last) end_step(source);
  return true;
}

void TrainingRun::clip() {
  if (!options_.clip_norm && !options_.clip_value) return;
  const std::vector<Parameter> all = all_parameters(optimizer_);
  if (options_.clip_norm) clip_grad_norm_(all, *options_.clip_norm);
  if (options_.clip_value) clip_grad_value_(all, *options_.clip_value);
}

void TrainingRun::end_step(const BatchSource& source) {
  const std::int64_t together = options_.accumulate;
  const std::int64_t steps = (source.batches() + together - 1) / together;
  const bool look =
      options_.record_parameters && ParameterWatch::looks_at((step_.last - 1) / together, steps);
  if (look) epoch_.parameters.before();
  clip();
  epoch_.lr = optimizer_.lr();
  optimizer_.step();
  if (look) epoch_.parameters.after();
  ++steps_;
  if (options_.step_schedule) options_.step_schedule->step();
}

// ---- an epoch

std::optional<Ended> TrainingRun::reason_to_stop(const InterruptScope& interrupt) {
  if (interrupt.interrupted()) return Ended::interrupted;
  if (stop.exchange(false)) return Ended::stopped;
  return {};
}

std::optional<Ended> TrainingRun::reason_to_end() const {
  const auto done = static_cast<std::int64_t>(history.epochs.size());
  if (history.ended == Ended::diverged) return Ended::diverged;
  if (done >= options_.epochs) return Ended::all_epochs;
  if (options_.steps > 0 && steps_ >= options_.steps && epoch_.batches == 0)
    return Ended::all_epochs;
  const EpochRecord* best = history.best();
  if (options_.patience > 0 && done - (best ? best->epoch : 0) >= options_.patience)
    return Ended::early_stopping;
  return {};
}

/// Returns why the epoch was left, if it was.
std::optional<Ended> TrainingRun::run_epoch(BatchSource& source, const InterruptScope& interrupt,
                                            TrainingProgress& progress) {
  std::optional<Ended> ended = reason_to_stop(interrupt);
  if (ended || (options_.steps > 0 && steps_ >= options_.steps)) return ended;
  std::optional<SourcePlace> place;  // when it is left
  Clock::time_point begun = Clock::now();
  step_ = {.last = epoch_.batches};
  const auto train = [&](const Tensor& inputs, const Tensor& targets) {
    if (!doctor) return train_batch(inputs, targets, source);
    const auto look = doctor->step(inputs, targets);
    return train_batch(inputs, targets, source);
  };
  source.epoch([&](const Tensor& inputs, const Tensor& targets) {
    if (!train(inputs, targets)) {
      ended = Ended::diverged;
      return false;
    }
    if (epoch_.batches < step_.last) return true;
    epoch_.seconds += seconds_since(begun);
    if (progress.due()) progress.step(epoch_number(), epoch_.sums.score());
    if (options_.on_step)
      options_.on_step(
          {.epoch = epoch_number(), .step = steps_, .loss = step_.loss, .lr = epoch_.lr});
    ended = reason_to_stop(interrupt);
    const bool enough = options_.steps > 0 && steps_ >= options_.steps;
    if (!ended && options_.checkpoint_seconds > 0 &&
        seconds_since(kept_) >= options_.checkpoint_seconds)
      save();
    begun = Clock::now();  // what came since is no training
    if (ended || enough) place.emplace(source);
    return !ended && !enough;
  });
  if (place) place->restore();
  return ended;
}

void TrainingRun::diverge() {
  EpochRecord epoch{.epoch = epoch_number(),
                    .steps = steps_,
                    .lr = epoch_.lr,
                    .seconds = epoch_.seconds,
                    .training = epoch_.sums.score(),
                    .parameters = {}};
  epoch.training.loss = step_.loss;
  if (options_.record_parameters) epoch.parameters = epoch_.parameters.records();
  history.epochs.push_back(std::move(epoch));
}

void TrainingRun::end_epoch(BatchSource& training, BatchSource* validation) {
  EpochRecord epoch{
      .epoch = epoch_number(),
      .steps = steps_,
      .lr = epoch_.lr,
      .seconds = epoch_.seconds,
      .training = options_.measure_training ? evaluate(training) : epoch_.sums.score(),
      .parameters = {}};
  if (validation) {
    std::optional<Doctor::Look> look;
    if (doctor) look.emplace(doctor->validation());
    epoch.validation = evaluate(*validation);
  }
  if (options_.record_parameters) epoch.parameters = epoch_.parameters.records();
  epoch.best = is_best(epoch);
  if (epoch.best && options_.keep_best) best_ = state_dict(model_);
  if (options_.epoch_schedule) options_.epoch_schedule->step();
  if (options_.plateau) options_.plateau->step(monitored(epoch));
  history.epochs.push_back(std::move(epoch));
  epoch_.clear();
}

Score TrainingRun::evaluate(BatchSource& source) const {
  const NoGrad no_grad;
  const Evaluation evaluation(model_);
  const SourcePlace place(source);  // so that each evaluation is the same
  ScoreSums sums(options_.metrics);
  std::int64_t batch = 0;
  const auto each = [&](const Tensor& inputs, const Tensor& targets) {
    const Tensor outputs = forward_(inputs);
    const double loss = checked_loss("Trainer", loss_(outputs, targets));
    sums.add(outputs, targets, loss, source.first_of(batch + 1) - source.first_of(batch));
    ++batch;
    return true;
  };
  try {
    source.epoch(each);
  } catch (...) {
    place.restore();
    throw;
  }
  place.restore();
  return sums.score();
}

// ---- all epochs

void TrainingRun::fit(BatchSource& training, BatchSource* validation) {
  check_monitor(validation != nullptr);
  if (training.batches() == 0)
    fail<ValueError>("Trainer: the loader has no batches: no examples, or fewer than batch_size");
  const bool resumed = resume(training);
  call_doctor(training, validation);
  if (history.ended != Ended::diverged) history.ended = Ended::not_yet;
  const InterruptScope interrupt(options_.handle_interrupt);
  TrainingProgress progress(options_.progress, options_.epochs, training.examples(),
                            static_cast<double>(history.epochs.size()) +
                                static_cast<double>(training.first_of(epoch_.batches)) /
                                    static_cast<double>(training.examples()));
  if (resumed) progress.resumed(options_.checkpoint, resumed_text());
  std::optional<Ended> ended;
  while (!(ended = reason_to_end())) {
    Epoch before = epoch_;
    const SourcePlace place(training);
    try {
      ended = run_epoch(training, interrupt, progress);
      if (ended == Ended::diverged) diverge();  // the file keeps what was well
      if (ended == Ended::stopped || ended == Ended::interrupted) save();
      if (ended) break;
      // More steps would go on within the epoch, not behind it.
      const bool partial = epoch_.batches < training.batches();
      if (partial) save();
      end_epoch(training, validation);
      if (!partial) save();
    } catch (...) {
      // Where even that finds no memory, the loader is at the next epoch.
      try {
        place.restore();
      } catch (...) {
        before.clear();
      }
      epoch_ = std::move(before);
      throw;
    }
    if (doctor) doctor->epoch(history.epochs.back().training.loss);
    progress.epoch(history.epochs.back());
    if (options_.on_epoch) options_.on_epoch(history.epochs.back());
  }
  history.ended = *ended;
  const bool goes_on = ended == Ended::stopped || ended == Ended::interrupted;
  if (options_.keep_best && !goes_on && !best_.empty()) load_state_dict(model_, best_);
}

}  // namespace tapegrad::nn::detail
