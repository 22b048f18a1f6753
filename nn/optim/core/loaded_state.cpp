#include "nn/optim/core/loaded_state.h"

#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::nn::detail {

StateDict state_of(std::string_view family, std::string_view kind) {
  return {{fmt::format("{}.{}", family, kind), tensor(1)}};
}

namespace {

std::string option_key(const Option& option) { return fmt::format("option.{}", option.name); }

/// A value of `option` as its user writes it.
std::string text_of(const Option& option, std::span<const double> values) {
  if (option.list) {
    std::string text;
    for (const double value : values) text += fmt::format("{}{}", text.empty() ? "" : ", ", value);
    return '[' + text + ']';
  }
  const double value = values[0];
  for (std::size_t i = 0; i < option.words.size(); ++i)
    if (value == static_cast<double>(i)) return std::string(option.words[i]);
  return fmt::format("{}", value);
}

}  // namespace

void add_options(StateDict& state, const std::vector<Option>& options) {
  for (const Option& option : options) {
    const Tensor values = tensor(option.values, float64);
    state.push_back({option_key(option), option.list ? values : values.reshape({})});
  }
}

LoadedState::LoadedState(std::string_view family, std::string_view kind, const StateDict& state)
    : kind_(kind) {
  const std::string start = fmt::format("{}.", family);
  bool said = false;
  for (const auto& [name, value] : state) {
    if (name.starts_with(start)) {
      const std::string_view other = std::string_view(name).substr(start.size());
      if (other != kind) fail<ValueError>("{}: the state is of {}, not of {}", kind, other, kind);
      said = true;
    } else if (!values_.emplace(name, value).second) {
      fail<ValueError>("{}: the state has '{}' twice", kind, name);
    }
  }
  if (!said)
    fail<ValueError>("{0}: the state does not say what it is of; it has no '{1}{0}'", kind, start);
}

std::optional<Tensor> LoadedState::take(const std::string& key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return {};
  Tensor value = std::move(found->second);
  values_.erase(found);
  return value;
}

std::optional<double> LoadedState::take_number(const std::string& key) {
  const auto value = take(key);
  if (!value) return {};
  if (!value->defined() || value->numel() != 1)
    fail<ShapeError>("{}: the state's '{}' must be one number", kind_, key);
  return value->item();
}

double LoadedState::require_number(const std::string& key) {
  const auto value = take_number(key);
  if (!value) fail<ValueError>("{}: the state has no '{}'", kind_, key);
  return *value;
}

void LoadedState::require_options(const std::vector<Option>& options) {
  for (const Option& option : options) {
    const std::string key = option_key(option);
    const auto found = take(key);
    if (!found) fail<ValueError>("{}: the state has no '{}'", kind_, key);
    if (!found->defined() || found->dim() != (option.list ? 1 : 0))
      fail<ShapeError>("{}: the state's '{}' must be {}", kind_, key,
                       option.list ? "a list of numbers" : "one number");
    const Tensor saved = found->to(float64);
    const auto values = saved.data<double>();
    if (!std::ranges::equal(values, option.values))
      fail<ValueError>("{}: the state is of {} {}, this schedule of {} {}; make it with the same",
                       kind_, option.name, text_of(option, values), option.name,
                       text_of(option, option.values));
  }
}

void LoadedState::require_nothing_left() const {
  if (!values_.empty())
    fail<ValueError>("{}: the state's '{}' belongs to no parameter, group or setting here", kind_,
                     values_.begin()->first);
}

}  // namespace tapegrad::nn::detail
