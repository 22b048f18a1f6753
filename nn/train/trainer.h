#pragma once

/// @file
/// The loop over epochs and batches, with what long trainings want beside it.
///
///     nn::Sequential net{nn::Linear{2, 8}, tg::tanh, nn::Linear{8, 2}};
///     nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
///     nn::DataLoader loader(nn::TensorDataset(tg::randn({64, 2}), tg::randint(0, 2, {64})),
///                           {.batch_size = 16, .shuffle = true});
///     nn::Trainer trainer(net, nn::cross_entropy, optimizer, {.epochs = 5, .clip_norm = 1.0});
///     const double loss = trainer.fit(loader).epochs.back().training.loss;

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nn/data/loader.h"
#include "nn/files/checkpoint.h"
#include "nn/module/module.h"
#include "nn/optim/core/optimizer.h"
#include "nn/optim/schedules/plateau.h"
#include "nn/optim/schedules/schedule.h"
#include "nn/train/doctor.h"
#include "nn/train/history.h"
#include "nn/train/metric.h"

namespace tapegrad::nn {

/// @addtogroup training
/// @{

/// What `TrainerOptions::on_step` is told after each step of the optimizer.
struct StepRecord {
  std::int64_t epoch = 0;  ///< counted from 1
  std::int64_t step = 0;   ///< of the optimizer, counted from 1
  double loss = 0;         ///< mean over the examples of the step
  double lr = 0;           ///< learning rate of the first group in the step
};

/// How a `Trainer` goes about it. A number of 0, an empty text and a null pointer mean "none".
struct TrainerOptions {
  std::int64_t epochs = 1;  ///< in all, those of a run that goes on included
  std::int64_t steps = 0;   ///< of the optimizer, in all; ends a training in the middle of an epoch
  std::int64_t accumulate = 1;  ///< batches that make one step, as if they were one batch
  /// Limits of the gradients, as by `clip_grad_norm_` and `clip_grad_value_`; the norm comes first.
  /// @{
  std::optional<double> clip_norm = {};
  std::optional<double> clip_value = {};
  /// @}
  Schedule* step_schedule = nullptr;     ///< stepped after each step
  Schedule* epoch_schedule = nullptr;    ///< stepped after each epoch
  ReduceLROnPlateau* plateau = nullptr;  ///< told what is monitored after each epoch
  std::vector<Metric> metrics = {};      ///< measured beside the loss
  /// The loss and metrics of the training examples are those that were seen on the way, when the
  /// weights were not yet those of the end of the epoch; with this they are measured at its end, in
  /// evaluation, which takes another pass.
  bool measure_training = false;
  /// What epochs are compared by, as a column of `History::csv` is called: "validation_loss",
  /// "training_accuracy". Without a name it is the loss, of the validation examples where there are
  /// any.
  std::string monitor = {};
  bool monitor_max = false;   ///< more is better, as of an accuracy
  double min_delta = 0;       ///< by how much a better epoch must be better
  std::int64_t patience = 0;  ///< ends when so many epochs one after the other were not better
  bool keep_best = false;  ///< at the end the model gets the weights and buffers of its best epoch
  /// A file, ".safetensors", in which the run is kept after each epoch and when it is stopped; a
  /// run whose file is there goes on from it.
  std::string checkpoint = {};
  double checkpoint_seconds = 0;  ///< kept also within an epoch, when that much time has gone
  /// Ctrl-C (SIGINT) ends the training cleanly: the step is finished and the run kept. A second one
  /// does what it did before. The handler that was there is given back at the end. Where SIGINT is
  /// ignored when `fit` begins it stays so: shells start what a script runs with `&` that way, and
  /// `std::signal(SIGINT, SIG_DFL)` before `fit` changes it.
  bool handle_interrupt = false;
  std::FILE* progress = nullptr;  ///< where to show how it goes, such as stdout
  /// Watch the training, and warn of what is probably wrong with it, through `tapegrad::warn`: see
  /// `Doctor` and `Trainer::findings`.
  bool doctor = false;
  bool record_parameters = true;                          ///< fill in `EpochRecord::parameters`
  std::function<void(const StepRecord&)> on_step = {};    ///< called after each step
  std::function<void(const EpochRecord&)> on_epoch = {};  ///< called after each epoch
};

/// @cond
namespace detail {

/// The batches of any loader.
class BatchSource {
 public:
  /// False ends the epoch.
  using Take = std::function<bool(const Tensor& inputs, const Tensor& targets)>;

  virtual ~BatchSource() = default;
  virtual void epoch(const Take& take) = 0;
  virtual void add_to(Checkpoint& checkpoint) = 0;
  virtual StateDict state() const = 0;
  virtual void load_state(const StateDict& state) = 0;
  virtual const void* loader() const = 0;
  virtual Examples dataset() const = 0;

  std::int64_t batches() const noexcept { return batches_; }
  std::int64_t examples() const noexcept { return first_of(batches_); }
  /// Examples before batch number `batch`, counted from 0.
  std::int64_t first_of(std::int64_t batch) const noexcept {
    return std::min(batch * batch_size_, size_);
  }

 protected:
  BatchSource(std::int64_t batches, std::int64_t size, std::int64_t batch_size)
      : batches_(batches), size_(size), batch_size_(batch_size) {}

 private:
  std::int64_t batches_, size_, batch_size_;
};

template <Dataset D>
class LoaderSource final : public BatchSource {
 public:
  explicit LoaderSource(DataLoader<D>& loader)
      : BatchSource(loader.size(), loader.dataset().size(), loader.options().batch_size),
        loader_(loader) {}
  void epoch(const Take& take) override {
    for (const auto& [inputs, targets] : loader_)
      if (!take(inputs, targets)) break;
  }
  void add_to(Checkpoint& checkpoint) override { checkpoint.add("loader", loader_); }
  StateDict state() const override { return loader_.state(); }
  void load_state(const StateDict& state) override { loader_.load_state(state); }
  const void* loader() const override { return &loader_; }
  Examples dataset() const override { return examples_of(loader_.dataset()); }

 private:
  DataLoader<D>& loader_;
};

/// A loss of outputs as one of a model.
struct OutputLoss {
  BatchFunction loss;
  template <class Model>
  Tensor operator()(const Model& model, const Tensor& inputs, const Tensor& targets) const {
    return loss(model(inputs), targets);
  }
};

/// What a `Doctor` tries a loss with: nothing, for a model that cannot be copied.
template <class Model>
std::function<Trial()> trials_of(Model& model, const BatchFunction& loss) {
  if constexpr (std::copy_constructible<Model>)
    return [&model, by = OutputLoss{loss}] { return trial_of(model, by); };
  else
    return {};
}

}  // namespace detail
/// @endcond

/// The loop over epochs and batches, for those who do not want to write it:
///
///     nn::Trainer trainer(net, nn::cross_entropy, optimizer,
///                         {.epochs = 10, .metrics = {{"accuracy", nn::correct}}, .progress = stdout});
///     const nn::History& history = trainer.fit(training, validation);
///
/// It is these ten lines and what a long training wants beside them: numbers of every epoch, early
/// stopping, a file to go on from. What it does not do, a loop of your own does:
///
///     for (int epoch = 0; epoch < 10; ++epoch) {
///       for (const auto& [x, y] : training) {
///         optimizer.zero_grad();
///         nn::cross_entropy(net(x), y).backward();
///         optimizer.step();
///       }
///     }
///
/// Layers are in training or not as the model says (`nn::train`); while it evaluates all of them
/// are in evaluation, and afterwards as they were. Model and optimizer, and what the options point
/// to, must outlive it. It writes nothing to the terminal, takes no signals and makes no files
/// unless it is asked to.
class Trainer {
 public:
  /// For a model that is called with the inputs of a batch; `loss` gets what it returns and the
  /// targets, and returns a mean over the examples, of one element. Errors: `ValueError` for options
  /// that make no sense.
  template <class Model>
  requires Module<Model> && Callable<Model> Trainer(Model& model, BatchFunction loss,
                                                    Optimizer& optimizer,
                                                    TrainerOptions options = {})
      : Trainer([&model](const Tensor& x) { return std::as_const(model)(x); }, ModuleRef(model),
                loss, optimizer, std::move(options), detail::trials_of(model, loss)) {
    checkpoint().add("net", model);
  }
  /// Refused with a sentence: what is no model, or cannot be called.
  template <class Model>
  requires(!(Module<Model> && Callable<Model>))
      Trainer(Model& model, BatchFunction loss, Optimizer& optimizer, TrainerOptions options = {})
      : Trainer({}, detail::refused_model(model), loss, optimizer, std::move(options), {}) {}
  /// A model must outlive its trainer.
  template <class Model>
  Trainer(const Model&&, BatchFunction, Optimizer&, TrainerOptions = {}) = delete;
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;
  /// What it refers to stays.
  ~Trainer();

  /// Trains until there is a reason to end (`Ended`); called again, it goes on where it ended, with
  /// the epochs that are left. `history().ended` says why it returned.
  ///
  /// Errors: `ValueError` when nothing is there that `monitor` names, when a loss is not one
  /// number; those of `Checkpoint::load` where the file is of another training; those of model,
  /// loss, metrics, callbacks: the run can then be called again, the epoch that was broken off
  /// begins anew.
  /// @{
  template <Dataset D>
  const History& fit(DataLoader<D>& training) {
    detail::LoaderSource source(training);
    return fit_source(source, nullptr);
  }
  template <Dataset D, Dataset V>
  const History& fit(DataLoader<D>& training, DataLoader<V>& validation) {
    detail::LoaderSource source(training), held_out(validation);
    return fit_source(source, &held_out);
  }
  /// @}

  /// How the model does on the examples of one epoch of `loader`, in evaluation and without
  /// gradients.
  template <Dataset D>
  Score evaluate(DataLoader<D>& loader) {
    detail::LoaderSource source(loader);
    return evaluate_source(source);
  }

  /// Ends `fit` after the step that runs: from a callback, from another thread, or from a signal
  /// handler. Without a `fit` it ends the next one before its first step.
  void stop() noexcept;
  /// What was seen so far.
  const History& history() const noexcept;
  /// What the doctor found so far, the first one first; nothing without the option.
  const std::vector<Finding>& findings() const noexcept;
  /// What the file of `checkpoint` has. A program may add parts of its own before `fit`, under other
  /// names than "net", "optimizer", "loader", "step_schedule", "epoch_schedule", "plateau",
  /// "training", "history" and "best".
  Checkpoint& checkpoint() noexcept;

 private:
  struct Impl;

  Trainer(std::function<Tensor(const Tensor&)> forward, ModuleRef model, BatchFunction loss,
          Optimizer& optimizer, TrainerOptions options, std::function<detail::Trial()> trials);
  const History& fit_source(detail::BatchSource& training, detail::BatchSource* validation);
  Score evaluate_source(detail::BatchSource& source);

  std::unique_ptr<Impl> impl_;
};

/// @}

}  // namespace tapegrad::nn
