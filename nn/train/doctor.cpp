#include "nn/train/doctor.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
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
/// part is left of the first one, and of what the shares of the classes give without any inputs.
constexpr std::int64_t kStepsToLearn = 50;
constexpr double kFallen = 0.98;
/// Classes are judged at the end of an epoch, or after so many examples for each.
constexpr std::int64_t kExamplesOfClass = 1000;

/// `body()`, as far as there is memory: the training is to go on.
template <class F>
void as_memory_allows(const F& body) {
  try {
    body();
  } catch (const std::bad_alloc&) {
  } catch (const OutOfMemoryError&) {
  }
}

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
    for (auto* make :
         {detail::make_activation_check, detail::make_gradient_check, detail::make_graph_check,
          detail::make_input_check, detail::make_leaf_check, detail::make_loss_check,
          detail::make_probability_check, detail::make_update_check, detail::make_zeroing_check})
      checks.push_back(make(findings));
  }

  /// Each ends what is still open, and counts up.
  /// @{
  void begin_step(const Tensor& inputs, const Tensor& targets);
  void begin_validation();
  /// @}
  void end(bool by_error) noexcept;
  void end_step(bool by_error);
  void judge_labels();
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
  enum class Open { nothing, a_step, a_validation } open = Open::nothing;
  std::int64_t opened = 0;  ///< how often something was

  std::int64_t steps = 0, looks = 0;
  std::int64_t next_look = 1, last_due = 0, last_look = 0;

  detail::ClassCounts labels;
  std::int64_t rows = 0;    ///< targets of this step
  std::int64_t scores = 0;  ///< classes that the model gives scores of; 0 for not known
  bool counting = true;     ///< the labels of steps

  double first_loss = std::numeric_limits<double>::quiet_NaN();
  double without_inputs = std::numeric_limits<double>::infinity();  ///< a loss that needs none
  std::function<detail::Trial()> trial;
  Batch batch;  ///< for that
};

void Doctor::State::begin_step(const Tensor& inputs, const Tensor& targets) {
  end(false);
  open = Open::a_step;
  ++opened;
  ++steps;
  rows = targets.defined() ? targets.numel() : 0;
  if (steps >= next_look) {
    last_due = steps;
    next_look = look_after(steps);
  }
  as_memory_allows([&] {
    if (counting) labels.add(rows > 0 && targets.dtype() == int64 ? targets : Tensor());
    if (steps > last_due + 1) return;
    ++looks;
    const bool follows = std::exchange(last_look, steps) == steps - 1;
    if (trial) batch = {inputs, targets};
    watcher.begin(steps, follows, detail::seen_parameters(model, optimizers), inputs, targets);
  });
}

void Doctor::State::begin_validation() {
  end(false);
  open = Open::a_validation;
  ++opened;
  as_memory_allows([&] { modes.begin_validation(steps); });
}

void Doctor::State::end(bool by_error) noexcept {
  const auto what = std::exchange(open, Open::nothing);
  as_memory_allows([&] {
    if (what == Open::a_step) end_step(by_error);
    if (what == Open::a_validation) modes.end_validation();
  });
}

void Doctor::State::end_step(bool by_error) {
  const bool watched = watcher.watches();
  if (watched) {
    if (const std::int64_t found = watcher.classes(rows)) scores = found;
    if (steps == 1) first_loss = watcher.step().loss;
  }
  by_error ? watcher.drop() : watcher.end();
  if (by_error) return detail::look_at_refused(labels, scores, steps, findings);
  if (watched) modes.step_ended(steps);
  parameters->step_ended(steps);
  const std::int64_t enough = counting ? kExamplesOfClass * scores : 1;
  if (labels.total() >= std::max<std::int64_t>(enough, 1)) judge_labels();
}

void Doctor::State::judge_labels() {
  if (scores <= 1) return;
  detail::look_at_labels(labels, scores, steps, findings);
  if (labels.known()) without_inputs = labels.entropy();
  counting = false;
  labels = {};
}

void Doctor::State::tell() {
  while (options.warn) {
    std::string text;
    as_memory_allows([&] {
      if (const auto next = findings.next_untold())
        text = fmt::format(
            "Doctor: {} (a Doctor's option warn = false silences this, and "
            "tg::set_warning_handler takes all warnings)",
            *next);
    });
    if (text.empty()) return;
    warn(text);
  }
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
  state_->begin_step(inputs, targets);
  return Look(this);
}

Doctor::Look Doctor::validation() {
  state_->begin_validation();
  return Look(this);
}

void Doctor::epoch(double training_loss) {
  State& state = *state_;
  state.end(false);
  as_memory_allows([&] {
    state.judge_labels();
    if (state.steps < kStepsToLearn) return;
    const auto trial = std::exchange(state.trial, {});
    const Batch batch = std::exchange(state.batch, {});
    if (trial && batch.inputs.defined() &&
        training_loss > kFallen * std::min(state.without_inputs, state.first_loss))
      detail::try_few_examples(trial, batch, state.steps, state.findings);
  });
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
    : doctor_(doctor), number_(doctor->state_->opened), errors_(std::uncaught_exceptions()) {}

Doctor::Look::Look(Look&& other) noexcept
    : doctor_(std::exchange(other.doctor_, nullptr)),
      number_(other.number_),
      errors_(other.errors_) {}

Doctor::Look::~Look() noexcept(false) {
  if (!doctor_) return;
  State& state = *doctor_->state_;
  const bool by_error = std::uncaught_exceptions() > errors_;
  if (number_ == state.opened) state.end(by_error);
  try {
    state.tell();
  } catch (...) {
    if (!by_error) throw;
  }
}

}  // namespace tapegrad::nn
