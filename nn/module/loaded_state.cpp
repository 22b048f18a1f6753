#include "nn/module/loaded_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

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
    : family_(family), kind_(kind) {
  const std::string start = fmt::format("{}.", family);
  bool said = false;
  for (const auto& [name, value] : state) {
    if (name.starts_with(start)) {
      const std::string_view other = std::string_view(name).substr(start.size());
      if (other != kind) fail<ValueError>("{}: the state is of {}, not of {}", kind, other, kind);
      said = true;
    } else if (!values_.emplace(name, value).second) {
      misfit<ValueError>("the state has '{}' twice", name);
    }
  }
  if (!said)
    fail<ValueError>("{0}: the state does not say what it is of; it has no '{1}{0}'{2}", kind,
                     start,
                     family == "optimizer" ? " (states of PyTorch's optimizers are not read)" : "");
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
  if (value->defined() && value->numel() == 1) return value->item();
  misfit<ShapeError>("the state's '{}' must be one number", key);
  return std::numeric_limits<double>::quiet_NaN();
}

double LoadedState::require_number(const std::string& key) {
  const auto value = take_number(key);
  if (value) return *value;
  misfit<ValueError>("the state has no '{}'", key);
  return std::numeric_limits<double>::quiet_NaN();
}

std::int64_t LoadedState::require_count(const std::string& key) {
  const std::size_t before = misfits_.size();
  const double value = require_number(key);
  if (value >= 0 && value < 0x1p53 && value == std::floor(value))
    return static_cast<std::int64_t>(value);
  if (misfits_.size() == before)
    misfit<ValueError>("the state's {} is {}, which is no count", key, value);
  return -1;
}

void LoadedState::require_options(const std::vector<Option>& options) {
  for (const Option& option : options) {
    const std::string key = option_key(option);
    const auto found = take(key);
    if (!found) {
      misfit<ValueError>("the state has no '{}'", key);
    } else if (!found->defined() || found->dim() != (option.list ? 1 : 0)) {
      misfit<ShapeError>("the state's '{}' must be {}", key,
                         option.list ? "a list of numbers" : "one number");
    } else {
      const Tensor saved = found->to(float64);
      const auto values = saved.data<double>();
      if (!std::ranges::equal(values, option.values))
        misfit<ValueError>("the state is of {} {}, this {} of {} {}; make it with the same",
                           option.name, text_of(option, values), family_, option.name,
                           text_of(option, option.values));
    }
  }
}

void LoadedState::finish() {
  for (const auto& [name, value] : values_)
    misfit<ValueError>(
        "the state's '{}' belongs to no {} here", name,
        family_ == "optimizer" ? "parameter, group or setting" : "option or setting");
  if (misfits_.empty()) return;
  std::string text = fmt::format("{}: {}", kind_, misfits_[0].text);
  auto type = misfits_[0].type;
  if (misfits_.size() > 1) {
    text = fmt::format("{}: the state does not fit, nothing was loaded", kind_);
    for (const Misfit& misfit : misfits_) {
      text += "\n  " + misfit.text;
      if (misfit.type != type) type = Misfit::Type::value;
    }
  }
  if (type == Misfit::Type::shape) fail<ShapeError>("{}", text);
  if (type == Misfit::Type::dtype) fail<DTypeError>("{}", text);
  fail<ValueError>("{}", text);
}

}  // namespace tapegrad::nn::detail
