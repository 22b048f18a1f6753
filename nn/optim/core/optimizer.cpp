#include "nn/optim/core/optimizer.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/door.h"
#include "autograd/tensor/require.h"
#include "nn/module/loaded_state.h"
#include "nn/optim/core/held_tensors.h"

namespace tapegrad::nn {

namespace {

Tensor number(double value) { return tensor(value, float64); }

constexpr std::string_view kOptimizers = "optimizer";

std::string setting_key(std::size_t group, std::string_view name) {
  return fmt::format("group.{}.{}", group, name);
}

std::string state_key(const std::string& parameter, std::string_view name) {
  return fmt::format("state.{}.{}", parameter, name);
}

void check_parameter(std::string_view optimizer, const Parameter& parameter) {
  const auto& [name, value] = parameter;
  if (!value.defined()) fail<ValueError>("{}: parameter '{}' is undefined", optimizer, name);
  if (!is_floating_point(value.dtype()))
    fail<DTypeError>("{}: parameter '{}' must be floating-point, but is {}", optimizer, name,
                     value.dtype());
  if (!value.is_leaf())
    fail<GradError>("{}: parameter '{}' was made by an operator; pass a leaf, or its detach()",
                    optimizer, name);
}

}  // namespace

Optimizer::~Optimizer() {
  for (const Group& group : groups_)
    for (const Entry& entry : group.entries) detail::release_tensor(entry.parameter.value.id());
}

void Optimizer::append(std::vector<Parameter> parameters, Watch watch) try {
  if (parameters.empty())
    fail<ValueError>("{}: there are no parameters; pass nn::parameters(model)", kind_.name);
  // A tensor is told by the address of its value.
  std::set<std::string> names;
  std::set<const void*> values;
  const auto add = [&](const Parameter& parameter) {
    if (!names.insert(parameter.name).second)
      fail<ValueError>(
          "{}: there are two parameters named '{}'; in one model, give each member a name of its "
          "own in visit; for two models in one optimizer give each a prefix: "
          "{{nn::parameters(a, \"a\"), nn::parameters(b, \"b\")}}",
          kind_.name, parameter.name);
    if (!values.insert(parameter.value.id()).second)
      fail<ValueError>("{}: parameter '{}' is there already under another name", kind_.name,
                       parameter.name);
  };
  for (const Group& group : groups_)
    for (const Entry& entry : group.entries) add(entry.parameter);
  Group group{.entries = {}, .watch = watch, .initial_lr = {}};
  for (Parameter& parameter : parameters) {
    check_parameter(kind_.name, parameter);
    add(parameter);
    group.entries.push_back(
        {.parameter = std::move(parameter), .slots = std::vector<Tensor>(kind_.slots.size())});
  }
  found_.reserve(3 * values.size());
  std::vector<const void*> ids;
  for (const Entry& entry : group.entries) ids.push_back(entry.parameter.value.id());
  groups_.reserve(groups_.size() + 1);
  detail::hold_tensors(ids);
  groups_.push_back(std::move(group));
} catch (...) {
  tapegrad::detail::rethrow_for(kind_.name);
}

void Optimizer::step() {
  tapegrad::detail::allocating_for(kind_.name, [&] { step_now(); });
}

void Optimizer::step_now() {
  if (tapegrad::detail::watched()) tapegrad::detail::announce_pause(kind_.name);
  const NoGrad no_grad;
  const tapegrad::detail::PhaseScope phase(tapegrad::detail::Phase::update);
  check_gradients();
  before_updates();
  Findings found = std::exchange(found_, {});  // who is told of them may step another time
  found.clear();
  const auto end = [&] {
    tell(found);  // each is told once, so not the next time
    found_ = std::move(found);
  };
  try {
    make_slots();
    update_all(found);
  } catch (...) {
    drop_fresh_slots();
    end();
    throw;
  }
  end();
}

/// Makes the slots that updates will need, and converts those that the parameter's type has left
/// behind. Behind this nothing fails for want of memory.
void Optimizer::make_slots() {
  made_.clear();
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    std::vector<Entry>& entries = groups_[group].entries;
    const std::size_t slots = entries.empty() ? 0 : entries.front().slots.size();
    for (std::size_t slot = 0; slot < slots; ++slot) {
      if (!uses_slot(group, slot)) continue;
      for (Entry& entry : entries) {
        const Tensor& at = entry.slots[slot];
        if (!at.defined() || at.dtype() != entry.parameter.value.dtype())
          make_slot(group, slot, entry);
      }
    }
  }
}

Tensor Optimizer::first_slot(std::size_t, std::size_t, const Tensor& parameter) const {
  return zeros_like(parameter);
}

void Optimizer::make_slot(std::size_t group, std::size_t slot, Entry& entry) {
  const Tensor& parameter = entry.parameter.value;
  Tensor& at = entry.slots[slot];
  if (!parameter.grad().defined()) return;
  if (at.defined()) {
    at = at.to(parameter.dtype());
    return;
  }
  Tensor first = first_slot(group, slot, parameter);
  made_.emplace_back(&entry, slot);
  at = std::move(first);
  entry.fresh = true;
}

/// After an error: slots of parameters that were not updated are as they were.
void Optimizer::drop_fresh_slots() noexcept {
  for (const auto& [entry, slot] : made_)
    if (entry->fresh) entry->slots[slot] = {};
  for (const auto& [entry, slot] : made_) entry->fresh = false;
}

Tensor Optimizer::step_with(const std::function<Tensor()>& closure) {
  Tensor loss = evaluate(closure);
  step();
  return loss;
}

Tensor Optimizer::evaluate(const std::function<Tensor()>& closure) {
  const EnableGrad enable_grad;
  const tapegrad::detail::PhaseScope phase(tapegrad::detail::Phase::forward);
  Tensor loss = closure();
  if (!loss.defined())
    fail<ValueError>("step: the closure returned an undefined tensor; it must return the loss");
  return loss;
}

void Optimizer::update_all(Findings& found) {
  if (tapegrad::detail::watched()) announce_settings();
  const std::tuple before(steps_, next_look_, following_);
  const bool look = ++steps_ >= next_look_;
  if (look) next_look_ = detail::next_look(steps_);
  const bool gradients = std::exchange(following_, false) || look;
  bool stepped = false, updated = false, glimpsed = false;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    if (!groups_[group].begun) begin(groups_[group], found);
    if (gradients) look_at_gradients(groups_[group], look, found);
    const Watch watch = groups_[group].watch;
    const Entry* last = nullptr;
    for (Entry& entry : groups_[group].entries) {
      const Tensor grad = entry.parameter.value.grad();
      if (!grad.defined()) {
        note_unused(watch, entry, found);
        continue;
      }
      last = &entry;
      entry.unused = 0;
      ++entry.step;
      try {
        if (tapegrad::detail::watched()) announce(entry);
        update(group, entry, grad);
      } catch (...) {
        --entry.step;
        if (!updated) std::tie(steps_, next_look_, following_) = before;  // it was no step
        throw;
      }
      updated = true;
      entry.fresh = false;
      if (watch.check_finite) check_finite(entry);
    }
    if (!last) continue;
    stepped = true;
    glimpsed = glimpsed || (watch.looks() && !detail::first_finite(last->parameter.value));
  }
  if (!stepped) {
    std::tie(steps_, next_look_, following_) = before;
    no_gradients();
  }
  if ((look || glimpsed) && !told_not_finite_) look_at_parameters(found);
}

void Optimizer::announce_settings() const {
  for (std::size_t group = 0; group < groups_.size(); ++group)
    for (const auto& [name, value] : settings(group))
      tapegrad::detail::announce_host_state(name, value);
}

void Optimizer::announce(const Entry& entry) {
  tapegrad::detail::announce_host_state("step", static_cast<double>(entry.step));
  const Parameter& parameter = entry.parameter;
  tapegrad::detail::announce_name(*tapegrad::detail::impl_of(parameter.value), parameter.name);
}

void Optimizer::zero_grad() {
  for (Group& group : groups_)
    for (Entry& entry : group.entries) entry.parameter.value.zero_grad();
  if (!std::exchange(following_, false)) return;
  for (Group& group : groups_)
    for (Entry& entry : group.entries)
      if (entry.same.active()) entry.same.forget();
}

void Optimizer::check_group(std::size_t group) const {
  if (group >= groups_.size())
    fail<IndexError>("{}: there is no parameter group {}, only {}", kind_.name, group,
                     groups_.size());
}

std::vector<Parameter> Optimizer::parameters(std::size_t group) const {
  check_group(group);
  std::vector<Parameter> list;
  for (const Entry& entry : groups_[group].entries) list.push_back(entry.parameter);
  return list;
}

Optimizer::Setting& Optimizer::find(std::vector<Setting>& settings, std::string_view name) const {
  const auto found = std::ranges::find(settings, name, &Setting::name);
  if (found == settings.end()) {
    std::string names;
    for (const Setting& setting : settings) names += fmt::format(" {}", setting.name);
    fail<ValueError>("{}: there is no setting '{}'; there are:{}", kind_.name, name, names);
  }
  return *found;
}

double Optimizer::setting(std::string_view name, std::size_t group) const {
  check_group(group);
  std::vector<Setting> all = settings(group);
  return find(all, name).value;
}

bool Optimizer::has_setting(std::string_view name) const {
  const std::vector<Setting> all = settings(0);
  return std::ranges::find(all, name, &Setting::name) != all.end();
}

std::vector<Optimizer::Setting> Optimizer::with(std::string_view name, double value,
                                                std::size_t group) const {
  check_group(group);
  std::vector<Setting> all = settings(group);
  find(all, name).value = value;
  check_settings(group, all);
  return all;
}

void Optimizer::set_setting(std::string_view name, double value, std::size_t group) {
  change_settings(group, with(name, value, group));
}

void Optimizer::check_setting(std::string_view name, double value, std::size_t group) const {
  with(name, value, group);
}

double Optimizer::initial_lr(std::size_t group) {
  check_group(group);
  std::optional<double>& initial = groups_[group].initial_lr;
  if (!initial) initial = lr(group);
  return *initial;
}

StateDict Optimizer::state() const try {
  const NoGrad no_grad;
  StateDict list = detail::state_of(kOptimizers, kind_.name);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    for (const auto& [name, value] : settings(i))
      list.push_back({setting_key(i, name), number(value)});
    if (groups_[i].initial_lr)
      list.push_back({setting_key(i, "initial_lr"), number(*groups_[i].initial_lr)});
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    for (const Entry& entry : groups_[i].entries) {
      const std::string& name = entry.parameter.name;
      list.push_back({state_key(name, "group"), tensor(static_cast<std::int64_t>(i))});
      if (entry.step == 0) continue;
      list.push_back({state_key(name, "step"), tensor(entry.step)});
      for (std::size_t slot = 0; slot < entry.slots.size(); ++slot)
        if (entry.slots[slot].defined())
          list.push_back({state_key(name, kind_.slots[slot]),
                          entry.slots[slot].to(entry.parameter.value.dtype()).clone()});
    }
  }
  return list;
} catch (...) {
  tapegrad::detail::rethrow_for(kind_.name);
}

void Optimizer::load_entry(detail::LoadedState& loaded, std::size_t group, Entry& entry) const {
  const auto& [name, parameter] = entry.parameter;
  const std::int64_t saved = loaded.require_count(state_key(name, "group"));
  if (saved >= 0 && saved != static_cast<std::int64_t>(group))
    loaded.misfit<ValueError>("parameter '{}' is in group {} of the state, but in group {} here",
                              name, saved, group);
  const std::string step = state_key(name, "step");
  entry.step = loaded.has(step) ? loaded.require_count(step) : 0;
  for (std::size_t i = 0; i < entry.slots.size(); ++i) {
    entry.slots[i] = {};
    if (entry.step == 0) continue;
    const std::string key = state_key(name, kind_.slots[i]);
    const auto value = loaded.take(key);
    if (!value) {
      if (i < kind_.always) loaded.misfit<ValueError>("the state has no '{}'", key);
    } else if (!value->defined() || value->shape() != parameter.shape()) {
      loaded.misfit<ShapeError>("the state's '{}' is {}, but the parameter is {}", key,
                                value->defined() ? to_string(value->shape()) : "undefined",
                                parameter.shape());
    } else if (value->dtype() != parameter.dtype()) {
      loaded.misfit<DTypeError>("the state's '{}' is {}, but the parameter is {}", key,
                                value->dtype(), parameter.dtype());
    } else {
      entry.slots[i] = value->clone();
    }
  }
}

void Optimizer::load_group(detail::LoadedState& loaded, std::size_t i, Group& group,
                           std::vector<Setting>& values) const {
  for (auto& [name, value] : values) {
    const auto found = loaded.take_number(setting_key(i, name));
    if (!found)
      return loaded.misfit<ValueError>(
          "the state has no '{}'; it is of another optimizer or of fewer groups",
          setting_key(i, name));
    value = *found;
  }
  try {
    if (loaded.fits()) check_settings(i, values);
  } catch (const ValueError& error) {
    loaded.misfit<ValueError>("group {} of the state: {}", i, error.what());
  }
  const std::string initial = setting_key(i, "initial_lr");
  const auto initial_lr = loaded.take_number(initial);
  if (initial_lr && !(*initial_lr >= 0 && std::isfinite(*initial_lr)))
    loaded.misfit<ValueError>("the state's '{}' is {}", initial, *initial_lr);
  // A later group may have been added behind the last step of a schedule, which notes it then.
  if (i == 0 && group.initial_lr && !initial_lr)
    loaded.misfit<ValueError>(
        "the state was saved before a schedule was made; load it before you make yours");
  group.initial_lr = initial_lr;
}

void Optimizer::load_state(const StateDict& state) { prepare_load(state)(); }

std::function<void()> Optimizer::prepare_load(const StateDict& state) try {
  const NoGrad no_grad;
  detail::LoadedState loaded(kOptimizers, kind_.name, state);

  std::vector<Group> groups = groups_;
  std::vector<std::vector<Setting>> values;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    load_group(loaded, i, groups[i], values.emplace_back(settings(i)));
    for (Entry& entry : groups[i].entries) {
      load_entry(loaded, i, entry);
      entry.same.forget();
    }
    groups[i].begun = false;
  }
  loaded.finish();

  return [this, groups = std::move(groups), values = std::move(values)]() mutable {
    for (std::size_t i = 0; i < groups.size(); ++i) change_settings(i, values[i]);
    groups_ = std::move(groups);
    looked_ = steps_;
    told_not_finite_ = false;
  };
} catch (...) {
  tapegrad::detail::rethrow_for(kind_.name);
}

std::vector<Parameter> detail::joined(std::span<const std::vector<Parameter>> lists) {
  std::vector<Parameter> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::pair<std::vector<Parameter>, std::vector<Parameter>> split_parameters(
    std::vector<Parameter> parameters, const std::function<bool(const Parameter&)>& belongs) {
  std::pair<std::vector<Parameter>, std::vector<Parameter>> parts;
  for (Parameter& parameter : parameters)
    (belongs(parameter) ? parts.first : parts.second).push_back(std::move(parameter));
  return parts;
}

}  // namespace tapegrad::nn
