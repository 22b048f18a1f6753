#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nn/train/doctor.h"

// Internal: what the checks of a `Doctor` get to see, and where they leave what they find.

namespace tapegrad::nn::detail {

/// What was found, each kind and place once.
class Findings {
 public:
  /// Unless there is one of that kind and place. `quiet`: somebody else warns of it.
  void add(Finding::Kind kind, std::string place, std::int64_t step, std::string seen,
           std::string_view why, std::string_view remedy, bool quiet = false);
  bool has(Finding::Kind kind) const noexcept;
  const std::vector<Finding>& all() const noexcept { return all_; }
  /// The next one that is to be told, each once.
  std::optional<std::string> next_untold();

 private:
  std::vector<Finding> all_;
  std::vector<bool> quiet_;  ///< of each
  std::size_t next_ = 0;
};

/// A parameter of the model, in one step.
struct SeenParameter {
  Parameter parameter;
  bool held;          ///< by an optimizer
  std::size_t group;  ///< of all optimizers together, counted one after the other
  int order = -1;     ///< when it was first used in the step; -1 for not yet

  const std::string& name() const noexcept { return parameter.name; }
  const Tensor& value() const noexcept { return parameter.value; }
  /// "fc1" for "fc1.weight".
  std::string module() const { return name().substr(0, name().rfind('.')); }
};

/// Where the elements of a value were computed.
struct Origin {
  std::string_view op = {};        ///< the operator; empty for what was there before the step
  const char* path = nullptr;      ///< the module path, if modules have one
  SeenParameter* after = nullptr;  ///< the last parameter that was used on the way
  bool targets = false;            ///< they are those of the step, or made of them alone
  bool fresh = false;              ///< the step itself made the value
  int relu = 0;                    ///< number of the last relu on the way; 0 for none

  /// "relu in net.1" or "relu after fc1".
  std::string text() const;
};

/// A call of an operator in the forward, which no other operator made.
struct Operation {
  Origin origin;  ///< of its result
  bool elementwise;
  SeenParameter* weight;  ///< a parameter among the inputs, or nullptr
  std::span<const Tensor* const> inputs;
  std::vector<Origin> origins;  ///< of the inputs

  std::string_view name() const noexcept { return origin.op; }
};

/// One parameter in the step of an optimizer.
struct Updated {
  const SeenParameter& parameter;
  double gradient, largest_gradient;  ///< norm and largest element
  /// Norms, before the step, and of what it changed. Of parameters with two dimensions or more.
  double weight = 0, change = 0;
};

/// A step that is looked at.
struct WatchedStep {
  std::int64_t number;  ///< counted from 1
  bool follows;         ///< that before was looked at, too
  std::span<SeenParameter> parameters;
  const void* inputs;  ///< `id()` of those of the batch, or nullptr
  double loss;         ///< the last number with a gradient that was computed; NaN for none
};

/// So many steps make a window, at the end of which checks judge: what is so in each of them is no
/// accident. The first one ends with step 16.
inline constexpr int kWindow = 8;

/// Something that is looked for in steps. Everything runs unwatched and unrecorded.
class Check {
 public:
  Check() = default;
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  virtual ~Check() = default;

  virtual void begin(const WatchedStep&) {}
  virtual void before(const Operation&) {}
  /// Of the inputs it has only what `before` kept of them: they may have lent their memory.
  virtual void after(const Operation&, const Tensor& /*output*/) {}
  /// A walk has added `sum` to a gradient that was there already.
  virtual void collected(const SeenParameter&, const Tensor& /*sum*/) {}
  /// The same of a tensor that is no parameter of the model.
  virtual void collected_other(const Tensor&) {}
  /// A loss of this name begins.
  virtual void loss(std::string_view /*name*/) {}
  virtual void updated(const Updated&) {}
  virtual void end(const WatchedStep&) {}
};

using Checks = std::vector<std::unique_ptr<Check>>;

/// Those of each file beside this one.
/// @{
std::unique_ptr<Check> make_activation_check(Findings& findings);
std::unique_ptr<Check> make_gradient_check(Findings& findings);
std::unique_ptr<Check> make_graph_check(Findings& findings);
std::unique_ptr<Check> make_input_check(Findings& findings);
std::unique_ptr<Check> make_leaf_check(Findings& findings);
std::unique_ptr<Check> make_loss_check(Findings& findings);
std::unique_ptr<Check> make_probability_check(Findings& findings);
std::unique_ptr<Check> make_update_check(Findings& findings);
std::unique_ptr<Check> make_zeroing_check(Findings& findings);
/// @}

/// Root of the sum of squares, where nothing is recorded.
double norm_of(const Tensor& tensor);
/// The largest absolute element, likewise; 0 of nothing.
double largest_of(const Tensor& tensor);

}  // namespace tapegrad::nn::detail
