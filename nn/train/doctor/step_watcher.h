#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "autograd/tensor/door/watcher.h"
#include "nn/train/doctor/check.h"

// Internal: the visitor of the door that shows a step to the checks of a `Doctor`.

namespace tapegrad::nn::detail {

/// Watches single steps. It keeps no tensors but, during the step of an optimizer, a copy of the
/// parameter at hand.
class StepWatcher final : tapegrad::detail::Watcher {
 public:
  explicit StepWatcher(const Checks& checks) noexcept : checks_(checks) { want_launches(false); }
  StepWatcher(const StepWatcher&) = delete;
  StepWatcher& operator=(const StepWatcher&) = delete;
  ~StepWatcher() { stop(); }

  bool watches() const noexcept { return watches_; }
  /// Begins to watch a step of these parameters. Where memory ends it looks away until `end`.
  void begin(std::int64_t number, bool follows, std::vector<SeenParameter> parameters,
             const Tensor& inputs, const Tensor& targets) noexcept;
  /// The step has ended.
  void end() noexcept;
  /// Looks no longer, and tells no check.
  void drop() noexcept;

  const WatchedStep& step() const noexcept { return step_; }
  /// Classes of the last scores that were computed, for `rows` targets; 0 for none.
  std::int64_t classes(std::int64_t rows) const noexcept;

 private:
  using Impl = tapegrad::detail::Impl;
  using Call = tapegrad::detail::OperatorCall;

  void call(const Call& call) override;
  void called(const Call& call, std::span<const Tensor> outputs) override;
  void failed(const Call& call) noexcept override;
  void event(tapegrad::detail::Event event, const Impl& value) noexcept override;
  void named(const Impl& value, std::string_view name) noexcept override;
  void collected(const Tensor& leaf, const Tensor& sum) override;
  void pause(std::string_view name) override;

  template <class F>
  void quietly(F body) noexcept;
  void before(const Call& call);
  void after(std::span<const Tensor> outputs);
  SeenParameter* find(const Impl* value) noexcept;
  void end_update();

  const Checks& checks_;
  bool begun_ = false;
  bool watches_ = false;  ///< and had memory for it so far
  std::vector<SeenParameter> parameters_;
  std::unordered_map<const Impl*, Origin> origins_;  ///< of the values of this step
  WatchedStep step_{};
  int depth_ = 0;  ///< calls within calls
  int order_ = 0;
  int relus_ = 0;
  Operation operation_{};                       ///< that runs, if a check looks at it
  bool open_ = false;                           ///< whether one does
  Shape scores_;                                ///< of the last result of two dimensions
  SeenParameter* at_ = {};                      ///< in the step of an optimizer
  Tensor before_;                               ///< what it was
  double gradient_ = 0, largest_gradient_ = 0;  ///< of it
};

}  // namespace tapegrad::nn::detail
