#pragma once

/// @file
/// Watches a training, and says what is probably wrong with it.
///
///     nn::Linear net(2, 1);
///     nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
///     nn::Doctor doctor(net, optimizer);
///     for (int i = 0; i < 3; ++i) {
///       const auto look = doctor.step();
///       optimizer.zero_grad();
///       nn::mse_loss(net(tg::randn({8, 2})), tg::zeros({8, 1})).backward();
///       optimizer.step();
///     }
///     fmt::print("{}", doctor.report());

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nn/data/dataset.h"
#include "nn/module/module.h"
#include "nn/optim/core/optimizer.h"

namespace tapegrad::nn {

/// @addtogroup training
/// @{

/// Something that a `Doctor` found wrong with a training.
struct Finding {
  /// What can be found.
  enum class Kind {
    not_in_optimizer,        ///< a parameter, named by `visit` or not, that no optimizer holds
    no_gradient,             ///< a parameter that never received a gradient
    gradients_not_zeroed,    ///< gradients add up from step to step
    activation_before_loss,  ///< softmax, sigmoid or the like before a loss that has it in itself
    accidental_broadcast,    ///< outputs and targets of different shapes, all pairs compared
    labels_not_from_zero,    ///< classes counted from 1
    dead_relu,               ///< units that are 0 for every example
    saturated,               ///< a sigmoid or tanh at its ends for most examples
    large_updates,           ///< steps that are too large for the weights
    small_updates,           ///< steps that are too small for the weights
    vanishing_gradient,      ///< little of the gradient reaches the first layers
    exploding_gradient,      ///< the gradient grows from layer to layer, on the way back
    growing_graph,           ///< every step leaves a part of the tape behind
    training_mode,           ///< validation with dropout, or with the statistics of the batch
    evaluation_mode,         ///< training without, since the validation before
    cannot_overfit,          ///< the loss of a few examples does not fall, however long
    unscaled_inputs,         ///< inputs far from a size of 1
    unbalanced_classes,      ///< one class has nearly all examples, or the parts differ
    negative_loss,           ///< a loss of probabilities that are none, so that it goes below 0
    leaking_split,           ///< examples of the validation among those of the training
  };
  Kind kind;              ///< what it is
  std::string place;      ///< where: a parameter, a module, or "relu after fc1"
  std::int64_t step = 0;  ///< of the training, counted from 1; 0 for what was seen in the data
  std::string seen;       ///< what was seen, with numbers
  std::string why;        ///< why it matters
  std::string remedy;     ///< what to do

  /// The three sentences.
  std::string str() const;
};

/// "dead_relu" and so on: the name of the kind.
std::string_view to_string(Finding::Kind kind);

/// The settings of a `Doctor`.
struct DoctorOptions {
  bool warn = true;               ///< tell each finding at once, through `tapegrad::warn`
  std::int64_t examples = 5'000;  ///< of each dataset, the most that `data` looks at
};

/// @cond
namespace detail {
class TrainingRun;
/// A dataset, whatever its type.
struct Examples {
  std::int64_t size = 0;
  std::function<Batch(std::span<const std::int64_t>)> batch;
};
template <Dataset D>
Examples examples_of(const D& dataset) {
  return {static_cast<std::int64_t>(dataset.size()), [&](std::span<const std::int64_t> indices) {
            auto [inputs, targets] = dataset.batch(indices);
            return Batch{std::move(inputs), std::move(targets)};
          }};
}

/// A copy of the model, to be trained on the side.
struct Trial {
  std::vector<Parameter> parameters;
  std::function<Tensor(const Tensor& inputs, const Tensor& targets)> loss;
};
template <Module Model, class Loss>
Trial trial_of(const Model& model, const Loss& loss) {
  auto copy = std::make_shared<Model>(clone(model));
  eval(*copy);  // what it draws at random would hide what it learns
  return {parameters(*copy), [copy, &loss](const Tensor& inputs, const Tensor& targets) {
            return loss(std::as_const(*copy), inputs, targets);
          }};
}
}  // namespace detail
/// @endcond

/// Watches a training and says what is probably wrong with it: see `Finding::Kind`.
///
///     nn::Doctor doctor(net, optimizer);
///     doctor.data(training, validation);                 // once, if you like
///     for (auto [x, y] : loader) {
///       const auto look = doctor.step(x, y);             // to the end of the step
///       optimizer.zero_grad();
///       cross_entropy(net(x), y).backward();
///       optimizer.step();
///     }
///     { const auto look = doctor.validation(); ... }     // around a validation
///     doctor.epoch(mean_loss);                           // after each epoch
///     for (const nn::Finding& f : doctor.findings()) fmt::print("{}\n", f.str());
///
/// Each finding says what was seen, where, why it matters and what to do; each kind and place is
/// told once. A healthy training brings none. Modules have the names that `visit` gives them, with
/// or without `name_modules`.
///
/// It looks closely at steps 1, 2, 4, ... 64, 96, 144 and so on, at least at each 256th, and at the
/// one behind each, as a watcher of the operators that this thread calls: of what they compute
/// nothing changes, not a bit. The other steps cost a few hundred instructions. An epoch of MNIST
/// (784-128-10, batches of 64) takes under 3 % more instructions, `data` included, ten epochs under
/// 1 %; a training of a few hundred tiny steps, mostly looked at, takes more. It keeps no examples,
/// but for one batch where `set_loss` was called, until the loss falls, and 8 bytes for each example
/// while `data` runs.
///
/// One thread uses it, that of the training. It refers to the model and the optimizer, which must
/// outlive it. Where it finds no memory it looks away (but see `Optimizer::step` of errors in a step
/// that is watched); it throws nothing into the training, but for what a handler of warnings throws,
/// which comes from the end of the step.
class Doctor {
 public:
  /// Of a model and the optimizer that trains it.
  explicit Doctor(ModuleRef model, const Optimizer& optimizer, const DoctorOptions& options = {});
  Doctor(const Doctor&) = delete;
  Doctor& operator=(const Doctor&) = delete;
  ~Doctor();  ///< what it found goes with it

  /// A further optimizer, which has parameters of the same model.
  void add(const Optimizer& optimizer);

  /// Looks at the examples before the training: how many there are of each class, and whether
  /// validation examples are in the training set, too. Batches are pairs of tensors. Of large sets
  /// it looks at `DoctorOptions::examples`, evenly spread. Errors: those of the datasets.
  /// @{
  template <Dataset T>
  void data(const T& training) {
    look_at(detail::examples_of(training), {});
  }
  template <Dataset T, Dataset V>
  void data(const T& training, const V& validation) {
    look_at(detail::examples_of(training), detail::examples_of(validation));
  }
  /// @}

  /// How the loss of a batch is computed by a model:
  ///
  ///     doctor.set_loss(net, [](const auto& model, const Tensor& x, const Tensor& y) {
  ///       return cross_entropy(model(x), y);
  ///     });
  ///
  /// With it, where the loss has not fallen after an epoch of 50 steps or more, `epoch` tries once
  /// whether a copy of the model can learn a few examples by heart. The model itself, its gradients,
  /// the optimizer and the random numbers stay as they are. Keeps a reference to the model.
  template <Module Model, class Loss>
  void set_loss(const Model& model, Loss loss) {
    set_trial([&model, loss = std::move(loss)] { return detail::trial_of(model, loss); });
  }

  /// What `step` and `validation` return: ends what they began, with the block that it stands in.
  class [[nodiscard]] Look {
   public:
    Look(Look&& other) noexcept;  ///< takes over the end
    Look& operator=(Look&&) = delete;
    /// Errors: what the handler of warnings throws, unless another error is on its way.
    ~Look() noexcept(false);

   private:
    friend Doctor;
    explicit Look(Doctor* doctor) noexcept;
    Doctor* doctor_;
    std::int64_t number_;  // of what it ends
    int errors_;           // that were on their way when it began
  };

  /// A step of the training begins, with these examples, as far as there are any: the forward, the
  /// walk back and the step of the optimizer are to come. Where gradients are accumulated, this is
  /// called for each batch.
  Look step(const Tensor& inputs = {}, const Tensor& targets = {});
  /// A validation begins.
  Look validation();
  /// An epoch has ended; `training_loss` was its mean loss. Errors: with `set_loss`, those of the
  /// loss.
  void epoch(double training_loss);

  /// What was found so far, the first one first.
  const std::vector<Finding>& findings() const noexcept;
  /// The same as text: a paragraph for each, or that nothing was found in so many steps.
  std::string report() const;

 private:
  friend class detail::TrainingRun;
  struct State;
  void look_at(const detail::Examples& training, const detail::Examples& validation);
  void set_trial(std::function<detail::Trial()> trial);

  std::unique_ptr<State> state_;
};

/// @}

}  // namespace tapegrad::nn
