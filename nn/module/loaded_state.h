#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "nn/module/state.h"
#include "nn/module/state_option.h"

// Internal: what the states of optimizers, schedules and loaders share. Each begins with an entry
// that says what it is of, such as "optimizer.Adam".

namespace tapegrad::nn::detail {

/// The first entry of a state: "family.kind", for family "optimizer" or "schedule".
StateDict state_of(std::string_view family, std::string_view kind);

/// Appends "option.step_size" and so on.
void add_options(StateDict& state, const std::vector<Option>& options);

/// A state that is being loaded, by name. What does not fit is noted, so that an error can tell all
/// of it; what nobody asked for does not fit either.
class LoadedState {
 public:
  /// Errors: `ValueError` when the state is of another kind, which is named, or does not say.
  LoadedState(std::string_view family, std::string_view kind, const StateDict& state);

  /// Notes what does not fit, as an error of type `E`.
  template <class E, class... Args>
  void misfit(fmt::format_string<Args...> format, Args&&... args) {
    using enum Misfit::Type;
    constexpr auto type = std::is_same_v<E, ShapeError>   ? shape
                          : std::is_same_v<E, DTypeError> ? dtype
                                                          : value;
    misfits_.push_back({type, fmt::format(format, std::forward<Args>(args)...)});
  }

  bool has(const std::string& key) const { return values_.count(key) != 0; }
  std::optional<Tensor> take(const std::string& key);
  /// What is no single number does not fit; it is NaN here.
  std::optional<double> take_number(const std::string& key);
  /// The same of what must be there.
  double require_number(const std::string& key);
  /// A count: an integer from 0 on that a double holds; -1 where it does not fit.
  std::int64_t require_count(const std::string& key);
  /// Each option that the state was not saved with does not fit; both values are named.
  void require_options(const std::vector<Option>& options);

  /// True as long as nothing was noted.
  bool fits() const noexcept { return misfits_.empty(); }
  /// Errors: `ValueError`, `ShapeError` or `DTypeError` when something did not fit or is left over.
  void finish();

 private:
  struct Misfit {
    enum class Type { value, shape, dtype } type;
    std::string text;
  };

  std::string_view family_, kind_;
  std::map<std::string, Tensor> values_;
  std::vector<Misfit> misfits_;
};

}  // namespace tapegrad::nn::detail
