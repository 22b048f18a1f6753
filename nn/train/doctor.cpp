#include "nn/train/doctor.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>

#include "autograd/base/fail.h"
#include "autograd/base/warning.h"
#include "nn/train/doctor/examples.h"
#include "nn/train/doctor/modes.h"
#include "nn/train/doctor/parameters.h"
#include "nn/train/doctor/step_watcher.h"

namespace tapegrad::nn {

using detail::SeenParameter;

namespace {

/// The loss is judged after an epoch with so many steps behind it: it has fallen if less than this
/// part of the first one is left.
constexpr std::int64_t kStepsToLearn = 50;
constexpr double kFallen = 0.98;
/// Classes are judged at the end of an epoch, or after so many examples for each.
constexpr std::int64_t kExamplesOfClass = 1000;

/// The step of the next look: the beginning decides much, and later on a problem is seen soon
/// enough.
constexpr std::int64_t kLongestPause = 256;
constexpr std::int64_t look_after(std::int64_t step) noexcept {
  return step < 64 ? 2 * step : step + std::min(step / 2, kLongestPause);
}

}  // namespace

struct Doctor::State {
  State(ModuleRef of, const Optimizer& optimizer, const DoctorOptions& given)
      : model(of), optimizers{&optimizer}, options(given) {
    auto own = std::make_unique<detail::ParameterCheck>(findings);
    parameters = own.get();
    checks.push_back(std::move(own));
    for (auto* make : {detail::make_activation_check, detail::make_gradient_check,
                       detail::make_graph_check, detail::make_input_check, detail::make_loss_check,
                       detail::make_update_check, detail::make_zeroing_check})
      checks.push_back(make(findings));
  }

  void begin_step(const Tensor& inputs, const Tensor& targets);
  void end_step(bool by_error);
  void judge_labels();
  /// Ends what is open.
  void end(bool by_error);
  /// Warns of what is new.
  void tell();

  const ModuleRef model;
  std::vector<const Optimizer*> optimizers;
  const DoctorOptions options;
  detail::Findings findings;
  detail::Checks checks;
  detail::ParameterCheck* parameters;  ///< one of them
  detail::StepWatcher watcher{checks};
  detail::ModeCheck modes{model, findings};
  enum { kNothing, kStep, kValidation } open = kNothing;

  std::int64_t steps = 0, looks = 0;
  std::int64_t next_look = 1, last_due = 0, last_look = 0;

  detail::ClassCounts labels;
  std::int64_t rows = 0;    ///< targets of this step
  std::int64_t scores = 0;  ///< classes that the model gives scores of; 0 for not known
  bool counting = true;     ///< the labels of steps

  double first_loss = std::numeric_limits<double>::quiet_NaN();
  std::function<detail::Trial()> trial;
  Batch batch;  ///< for that
};

void Doctor::State::begin_step(const Tensor& inputs, const Tensor& targets) {
  open = kStep;
  ++steps;
  rows = targets.defined() ? targets.numel() : 0;
  if (counting) labels.add(rows > 0 && targets.dtype() == int64 ? targets : Tensor());
  if (steps >= next_look) {
    last_due = steps;
    next_look = look_after(steps);
  }
  if (steps > last_due + 1) return;
  ++looks;
  const bool follows = std::exchange(last_look, steps) == steps - 1;
  if (trial) batch = {inputs, targets};
  watcher.begin(steps, follows, detail::seen_parameters(model, optimizers), targets);
}

void Doctor::State::end_step(bool by_error) {
  if (watcher.watches()) {
    if (const std::int64_t found = watcher.classes(rows)) scores = found;
    if (steps == 1) first_loss = watcher.step().loss;
    if (!by_error) modes.step_ended(steps);
  }
  by_error ? watcher.drop() : watcher.end();
  parameters->step_ended(steps);
  const bool enough = labels.total() >= kExamplesOfClass * scores;
  if (scores > 1 && (by_error || !counting || enough)) judge_labels();
}

void Doctor::State::judge_labels() {
  counting = false;
  detail::look_at_labels(labels, scores, steps, findings);
  labels = {};
}

void Doctor::State::end(bool by_error) {
  switch (std::exchange(open, kNothing)) {
    case kStep:
      return end_step(by_error);
    case kValidation:
      return modes.end_validation();
    case kNothing:
      break;
  }
}

void Doctor::State::tell() {
  for (const std::string& text : findings.take_untold())
    if (options.warn) warn(fmt::format("Doctor: {} (the option warn = false silences this)", text));
}

Doctor::Doctor(ModuleRef model, const Optimizer& optimizer, const DoctorOptions& options)
    : state_(std::make_unique<State>(model, optimizer, options)) {
  if (options.examples < 1)
    fail<ValueError>("Doctor: examples must be at least 1, but is {}", options.examples);
}

Doctor::~Doctor() = default;

void Doctor::add(const Optimizer& optimizer) { state_->optimizers.push_back(&optimizer); }

void Doctor::look_at(const detail::Examples& training, const detail::Examples& validation) {
  State& state = *state_;
  detail::ClassCounts classes;
  detail::look_at_data(training, validation, state.options.examples, classes, state.findings);
  if (classes.known()) {
    state.labels = std::move(classes);
    state.counting = false;
  }
  state.tell();
}

void Doctor::set_trial(std::function<detail::Trial()> trial) { state_->trial = std::move(trial); }

Doctor::Look Doctor::step(const Tensor& inputs, const Tensor& targets) {
  state_->end(false);
  state_->tell();
  state_->begin_step(inputs, targets);
  return Look(this);
}

Doctor::Look Doctor::validation() {
  state_->end(false);
  state_->open = State::kValidation;
  state_->modes.begin_validation(state_->steps);
  return Look(this);
}

void Doctor::epoch(double training_loss) {
  State& state = *state_;
  state.end(false);
  if (state.scores > 1) state.judge_labels();
  if (state.steps >= kStepsToLearn) {
    const auto trial = std::exchange(state.trial, {});
    const Batch batch = std::exchange(state.batch, {});
    if (trial && batch.inputs.defined() && training_loss > kFallen * state.first_loss)
      detail::try_few_examples(trial, batch, state.steps, state.findings);
  }
  state.tell();
}

const std::vector<Finding>& Doctor::findings() const noexcept { return state_->findings.all(); }

std::string Doctor::report() const {
  if (findings().empty())
    return fmt::format("Nothing was found in {} steps, of which {} were looked at.\n",
                       state_->steps, state_->looks);
  std::string text;
  for (const Finding& finding : findings())
    text += fmt::format("{} ({}): {}\n", to_string(finding.kind), finding.place, finding.str());
  return text;
}

Doctor::Look::Look(Doctor* doctor) noexcept
    : doctor_(doctor), errors_(std::uncaught_exceptions()) {}

Doctor::Look::Look(Look&& other) noexcept
    : doctor_(std::exchange(other.doctor_, nullptr)), errors_(other.errors_) {}

Doctor::Look::~Look() noexcept(false) {
  if (!doctor_) return;
  State& state = *doctor_->state_;
  const bool by_error = std::uncaught_exceptions() > errors_;
  try {
    state.end(by_error);
    state.tell();
  } catch (...) {
    if (!by_error) throw;
  }
}

}  // namespace tapegrad::nn
