#include "nn/loaded_state.h"

#include <utility>

#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"

namespace tapegrad::nn::detail {

StateDict state_of(std::string_view family, std::string_view kind) {
  return {{fmt::format("{}.{}", family, kind), tensor(1)}};
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

void LoadedState::require_nothing_left() const {
  if (!values_.empty())
    fail<ValueError>("{}: the state's '{}' belongs to no parameter, group or setting here", kind_,
                     values_.begin()->first);
}

}  // namespace tapegrad::nn::detail
