#pragma once

/// @file
/// What all optimizers have in common: groups, settings, states, warnings; and what one of your own
/// derives from (@ref your_own).
///
///     nn::Linear body(4, 4), head(4, 2);
///     nn::SGD optimizer(nn::parameters(body, "body"), {.lr = 0.01});
///     optimizer.add_group(nn::parameters(head, "head"), {.lr = 0.1});
///     optimizer.set_lr(0.05, 1);
///     const nn::StateDict state = optimizer.state();

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/formula.h"
#include "nn/module/module.h"
#include "nn/module/state.h"
#include "nn/optim/core/step_watch.h"

namespace tapegrad::nn {

/// @addtogroup optimizers
/// @{

namespace detail {
class LoadedState;
class SettingsGuard;
}  // namespace detail

/// What all optimizers have in common: parameter groups with settings of their own, and a state for
/// each parameter, kept by its name.
///
///     nn::SGD optimizer(nn::parameters(net), {.lr = 0.1, .momentum = 0.9});
///     for (auto [x, y] : loader) {
///       optimizer.zero_grad();
///       cross_entropy(net(x), y).backward();
///       optimizer.step();
///     }
///
/// The parameters of several models are given as a list, each model with a prefix of its own:
///
///     nn::Adam optimizer({nn::parameters(encoder, "encoder"), nn::parameters(head, "head")});
///
/// An optimizer shares the parameters' tensors. It stays where it is: schedules refer to it.
class Optimizer {
 public:
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  /// The parameters stay; their state goes.
  virtual ~Optimizer();

  /// Updates every parameter that has a gradient, in place; the others are skipped and their state
  /// stays as it is.
  ///
  /// Three things are reported, each once, with the names of the parameters, to the handler of
  /// `set_warning_handler`, unless the option `warn_unused` is off:
  /// - a parameter that requires a gradient but had none in 20 steps one after the other, as when a
  ///   part of the model was replaced, or does not reach the loss;
  /// - one that had the same gradient, written by nobody, in 20 steps one after the other, as when
  ///   a part of the model was replaced and `zero_grad(model)` no longer reaches the old tensors.
  ///   This is looked for every now and then (every 32 steps in the long run). Where it holds for
  ///   all parameters it is reported, too: a loop may mean that, but as a rule the whole model was
  ///   replaced;
  /// - an infinity or NaN in a parameter that requires a gradient: before the first step, or, with
  ///   about which step it came, afterwards. Each step looks at one element only, which is enough
  ///   where NaN spreads, and every now and then at all.
  ///
  /// Errors: `GradError` when no parameter has a gradient. With the option `check_finite` also
  /// `ValueError` for a parameter that has an infinity or NaN before the first step, for such a
  /// gradient, before anything has changed, and for a parameter that the step made so, which it
  /// then is. (This costs a further pass over both.) `OutOfMemoryError`: then nothing has changed,
  /// neither parameters nor state nor the count of steps, and the step can be done again; but where
  /// `update` of an optimizer of your own allocates, or where a `ProfileScope` or a `Doctor` watches,
  /// some parameters may have changed, and others not.
  void step();
  /// Calls `closure()`, which drops the gradients, computes the loss, calls `backward()` on it and
  /// returns it, and then steps; an optimizer that looks at several points in one step calls it for
  /// each. Operators are recorded inside, also where a `NoGrad` stands outside. Returns the first
  /// loss. Errors: those of `step()`, and of `closure`.
  ///
  ///     const Tensor loss = optimizer.step([&] {
  ///       optimizer.zero_grad();
  ///       Tensor found = cross_entropy(net(x), y);
  ///       found.backward();
  ///       return found;
  ///     });
  template <std::invocable Closure>
  requires std::convertible_to<std::invoke_result_t<Closure&>, Tensor> Tensor
  step(Closure&& closure) {
    return step_with(std::ref(closure));
  }
  /// Drops the gradients of all parameters.
  void zero_grad();

  /// Number of parameter groups. Groups are counted from 0; a wrong number is an `IndexError`
  /// everywhere.
  std::size_t group_count() const noexcept { return groups_.size(); }
  /// The parameters of one group, in order.
  std::vector<Parameter> parameters(std::size_t group = 0) const;

  /// The learning rate of one group.
  double lr(std::size_t group = 0) const { return setting("lr", group); }
  /// Sets it for one group. Errors: `ValueError` unless it is finite and not negative.
  void set_lr(double lr, std::size_t group = 0) { set_setting("lr", lr, group); }

  /// A setting by the name of the option, such as "momentum"; flags are 0 or 1, betas are "beta1"
  /// and "beta2". Errors: `ValueError` for a name that this optimizer does not have.
  double setting(std::string_view name, std::size_t group = 0) const;
  /// True when this optimizer has a setting of that name.
  bool has_setting(std::string_view name) const;
  /// Changes a setting. Errors: those of `setting`, and `ValueError` for a value that the
  /// constructor would refuse, too.
  void set_setting(std::string_view name, double value, std::size_t group = 0);
  /// Has the errors of `set_setting`, and changes nothing.
  void check_setting(std::string_view name, double value, std::size_t group = 0) const;

  /// Everything that is needed to go on exactly: a list of names and tensors, which a model file
  /// can hold. The first, "optimizer.Adam", says what it is of. "group.0.lr" and the other settings
  /// are `float64` numbers, "state.fc1.weight.group" and "state.fc1.weight.step" are `int64`,
  /// "state.fc1.weight.exp_avg" and so on have the shape and type of their parameter. The tensors
  /// are copies. How a group is watched (`warn_unused`, `check_finite`) is no part of it.
  StateDict state() const;
  /// Takes over what `state()` gave, before or after schedules are made and loaded: all settings
  /// that the saved optimizer had, too, whatever this one was made with (as in PyTorch; `set_lr`
  /// and `set_setting` change them afterwards). Errors: `ValueError`, `ShapeError` or `DTypeError`
  /// when it is of other parameters, of the same in other groups, or of another kind of optimizer,
  /// or when schedules were made here but not where the state is from; then nothing has changed.
  void load_state(const StateDict& state);

  /// The learning rate that schedules start from: that of the moment when the first one was made.
  double initial_lr(std::size_t group);

 protected:
  /// A parameter and what the optimizer remembers of it.
  struct Entry {
    Parameter parameter;             ///< whose value is updated
    std::int64_t step = 0;           ///< updates so far
    std::vector<Tensor> slots = {};  ///< as many as `Kind` names; undefined until they are needed
    int unused = 0;                  ///< steps without a gradient since the last with one
    bool fresh = false;              ///< a slot was made for this very step, see `first_slot`
    bool reported = false;           ///< that it is unused, or its gradient stays the same
    detail::SameGradient same = {};  ///< whether the gradient is that of the last step
  };
  /// One option of a group; flags are 0 or 1.
  struct Setting {
    std::string_view name;  ///< as `setting` takes it
    double value;           ///< what it is set to
  };
  /// What tells one kind of optimizer from the others.
  struct Kind {
    std::string_view name;           ///< as in error messages
    std::vector<std::string> slots;  ///< names of `Entry::slots`, any number of them
    std::size_t always = 0;          ///< so many of them are there after the first update
  };
  /// The kind whose slots are those of `Formula`.
  template <class Formula>
  static Kind kind_of(std::string_view name, std::size_t always) {
    return {name, {std::begin(Formula::slots), std::end(Formula::slots)}, always};
  }

  /// Options of a group that say how it is watched; they are no part of the state.
  struct Watch {
    bool warn_unused = true;    ///< see `step`
    bool check_finite = false;  ///< see `step`
    /// Whether parameters are looked at; `check_finite` sees more.
    bool looks() const noexcept { return warn_unused && !check_finite; }
  };

  /// Without groups; `append` adds them.
  explicit Optimizer(Kind kind) noexcept : kind_(std::move(kind)) {}

  /// What the constructor was given.
  const Kind& kind() const noexcept { return kind_; }
  /// Appends a group. Errors: see `OptimizerOf::add_group`.
  void append(std::vector<Parameter> parameters, Watch watch);
  /// Errors: `IndexError` for a group that is not there.
  void check_group(std::size_t group) const;

  /// All settings of a group, in a fixed order.
  virtual std::vector<Setting> settings(std::size_t group) const = 0;
  /// Errors: `ValueError` when `values`, in the order of `settings`, make no sense for `group`.
  virtual void check_settings(std::size_t group, const std::vector<Setting>& values) const = 0;
  /// Takes over `values`, which have been checked.
  virtual void change_settings(std::size_t group, const std::vector<Setting>& values) = 0;
  /// The parameters of a group and what is remembered of them.
  std::span<Entry> entries(std::size_t group) noexcept { return groups_[group].entries; }

  /// Called in each step before the first parameter is updated, for what depends on all of them.
  /// Nothing is recorded.
  virtual void before_updates() {}
  /// Whether slot `slot` of the parameters of `group`, by its settings, is to be there before the
  /// first parameter is updated, so that a step which finds no memory has changed nothing. Where it
  /// is not, `update` makes it.
  virtual bool uses_slot(std::size_t /*group*/, std::size_t /*slot*/) const { return false; }
  /// What such a slot of `parameter` begins with: zeros, unless this says something else.
  virtual Tensor first_slot(std::size_t group, std::size_t slot, const Tensor& parameter) const;
  /// Updates one parameter; `entry.step` has been counted up. Nothing is recorded.
  virtual void update(std::size_t group, Entry& entry, const Tensor& grad) = 0;
  /// One pass of `formula` over a parameter, its gradient and its slots.
  template <class Formula>
  static void update_by(const Formula& formula, Entry& entry, const Tensor& grad) {
    update_slots(formula, entry, grad,
                 std::make_index_sequence<tapegrad::detail::slot_count<Formula>>());
  }

  /// The step with a closure: one loss, one step. Returns the first loss.
  virtual Tensor step_with(const std::function<Tensor()>& closure);
  /// `closure()`, with gradients recorded.
  static Tensor evaluate(const std::function<Tensor()>& closure);

 private:
  template <class Formula, std::size_t... slot>
  static void update_slots(const Formula& formula, Entry& entry, const Tensor& grad,
                           std::index_sequence<slot...>) {
    tapegrad::update(formula, entry.parameter.value, grad, entry.slots[slot]...);
  }

  struct Group {
    std::vector<Entry> entries;
    Watch watch;
    std::optional<double> initial_lr;
    bool begun = false;  ///< whether it had a step here
  };

  /// What a step has to tell of a parameter.
  enum class Sign { unused, same_gradient, not_finite_before, not_finite };
  using Findings = std::vector<std::pair<Sign, const Entry*>>;

  void step_now();
  void make_slots();
  void make_slot(std::size_t group, std::size_t slot, Entry& entry);
  void drop_fresh_slots() noexcept;
  void update_all(Findings& found);
  void announce_settings() const;
  static void announce(const Entry& entry);
  void check_gradients() const;
  void check_finite(const Entry& entry) const;
  void note_unused(const Watch& watch, Entry& entry, Findings& found);
  void begin(Group& group, Findings& found);
  void look_at_gradients(Group& group, bool begin, Findings& found);
  void look_at_parameters(Findings& found);
  void tell(const Findings& found) const;
  std::string text_of(Sign sign, const Findings& found) const;
  std::string text_of(Sign sign, const std::string& names, const Entry& first) const;
  [[noreturn]] void no_gradients() const;
  /// All settings of `group` with one changed. Errors: see `set_setting`.
  std::vector<Setting> with(std::string_view name, double value, std::size_t group) const;
  Setting& find(std::vector<Setting>& settings, std::string_view name) const;
  friend class Checkpoint;
  friend class Schedule;
  friend class detail::SettingsGuard;
  /// True once at most: gradients wait for the first step of all.
  bool waits_for_first_step();
  /// Has the errors of `load_state`; what it returns loads, and has none.
  std::function<void()> prepare_load(const StateDict& state);
  void load_group(detail::LoadedState& loaded, std::size_t i, Group& group,
                  std::vector<Setting>& values) const;
  void load_entry(detail::LoadedState& loaded, std::size_t group, Entry& entry) const;

  Kind kind_;
  std::vector<Group> groups_;
  // How far the watch is; no part of the state.
  std::int64_t steps_ = 0;      ///< since the optimizer was made
  std::int64_t next_look_ = 1;  ///< the step of the next closer look
  std::int64_t looked_ = 0;     ///< the last step after which all parameters were looked at
  bool following_ = false;      ///< gradients that may be those of the last step
  bool told_not_finite_ = false;
  bool told_waiting_ = false;
  // Of a step.
  Findings found_;                                    ///< has room for all that there can be
  std::vector<std::pair<Entry*, std::size_t>> made_;  ///< slots, for updates that are yet to come
};

namespace detail {
/// One list after the other. (An optimizer takes them as an array: with a `std::initializer_list`
/// gcc misreads `Adam{parameters, {.lr = 0.1}}`.)
std::vector<Parameter> joined(std::span<const std::vector<Parameter>> lists);

/// What stands in an optimizer for a model in place of its parameters, and for a number in place of
/// options.
/// @{
template <class Model>
std::vector<Parameter> not_parameters() {
  static_assert(tapegrad::detail::never<Model>,
                "an optimizer takes the parameters of a model: SGD(nn::parameters(model), ...)");
  return {};
}
template <class Number>
std::vector<Parameter> not_options() {
  static_assert(tapegrad::detail::never<Number>,
                "settings have names: SGD(parameters, {.lr = 0.1})");
  return {};
}
/// @}
}  // namespace detail

/// An optimizer with options of type `Options`: an aggregate with `check() const`, the flags
/// `warn_unused` and `check_finite` (see `Optimizer::step`), and a static `visit(options, f)` that
/// calls f(name, value) for each other number and flag.
template <class Options>
class OptimizerOf : public Optimizer {
 public:
  /// Appends a group of parameters with options of its own.
  /// Errors: `ValueError` for options that make no sense, no parameters at all, an undefined
  /// parameter, or one whose name or tensor is there already (`parameters(model, "name")` gives
  /// the parameters of a second model names of their own); `DTypeError` unless floating-point;
  /// `GradError` for a tensor that an operator made. Then nothing has changed.
  void add_group(std::vector<Parameter> parameters, const Options& options = {}) {
    options.check();
    options_.reserve(options_.size() + 1);
    append(std::move(parameters), {options.warn_unused, options.check_finite});
    options_.push_back(options);
  }
  /// The parameters of several models as one group.
  template <std::size_t N>
  void add_group(const std::vector<Parameter> (&models)[N], const Options& options = {}) {
    add_group(detail::joined(models), options);
  }
  /// The options of one group.
  const Options& options(std::size_t group = 0) const {
    check_group(group);
    return options_[group];
  }

 protected:
  /// With a first group.
  OptimizerOf(Kind kind, std::vector<Parameter> parameters, const Options& options)
      : Optimizer(std::move(kind)) {
    add_group(std::move(parameters), options);
  }

  /// What `Options::visit` shows.
  std::vector<Setting> settings(std::size_t group) const final {
    std::vector<Setting> list;
    list.reserve(16);
    Options::visit(options_[group], [&](std::string_view name, const auto& value) {
      list.push_back({name, static_cast<double>(value)});
    });
    return list;
  }
  /// Errors: those of `Options::check`.
  void check_settings(std::size_t group, const std::vector<Setting>& values) const final {
    changed(group, values).check();
  }
  /// Sets what `Options::visit` shows.
  void change_settings(std::size_t group, const std::vector<Setting>& values) final {
    options_[group] = changed(group, values);
  }

 private:
  Options changed(std::size_t group, const std::vector<Setting>& values) const {
    Options options = options_[group];
    auto next = values.begin();
    Options::visit(options, [&]<class T>(std::string_view, T& value) {
      value = static_cast<T>(next++->value);
    });
    return options;
  }

  std::vector<Options> options_;
};

/// Splits parameters in two, for groups with options of their own: those for which `belongs` is
/// true come first. `split_parameters(parameters(net), [](const Parameter& p) { return
/// p.value.dim() > 1; })` keeps weights and biases apart.
std::pair<std::vector<Parameter>, std::vector<Parameter>> split_parameters(
    std::vector<Parameter> parameters, const std::function<bool(const Parameter&)>& belongs);

/// @}

}  // namespace tapegrad::nn
