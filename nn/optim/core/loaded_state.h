#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/module/state.h"
#include "nn/optim/core/schedule_option.h"

// Internal: what the states of optimizers and schedules share. Each begins with an entry that says
// what it is of, such as "optimizer.Adam".

namespace tapegrad::nn::detail {

/// The first entry of a state: "family.kind", for family "optimizer" or "schedule".
StateDict state_of(std::string_view family, std::string_view kind);

/// Appends "option.step_size" and so on.
void add_options(StateDict& state, const std::vector<Option>& options);

/// A state that is being loaded, by name; what nobody asked for is left over.
class LoadedState {
 public:
  /// Errors: `ValueError` when a name is there twice, and when the state is of another kind, which
  /// is named, or does not say.
  LoadedState(std::string_view family, std::string_view kind, const StateDict& state);

  std::optional<Tensor> take(const std::string& key);
  /// Errors: `ShapeError` when it is there but is not one number.
  std::optional<double> take_number(const std::string& key);
  /// Errors: also `ValueError` when it is not there.
  double require_number(const std::string& key);
  /// Errors: `ValueError` unless the state was saved with these options; it names the first other
  /// one, with both values.
  void require_options(const std::vector<Option>& options);
  /// Errors: `ValueError` when something is left over.
  void require_nothing_left() const;

 private:
  std::string_view kind_;
  std::map<std::string, Tensor> values_;
};

}  // namespace tapegrad::nn::detail
