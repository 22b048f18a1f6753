#pragma once

#include <cstdint>
#include <vector>

#include "autograd/tensor/door/watcher.h"
#include "nn/train/doctor/check.h"

// Internal: layers that behave differently in training and in evaluation.

namespace tapegrad::nn::detail {

/// Validation with layers in training mode, and training with those that stayed in evaluation.
class ModeCheck final : tapegrad::detail::Watcher {
 public:
  ModeCheck(ModuleRef model, Findings& findings) : model_(model), findings_(findings) {
    want_launches(false);
  }
  ModeCheck(const ModeCheck&) = delete;
  ModeCheck& operator=(const ModeCheck&) = delete;
  ~ModeCheck() { stop(); }

  /// A step of the training that is looked at has ended.
  void step_ended(std::int64_t step);
  /// Looks at the mode when the first layer computes something, and for dropout that is called
  /// without a layer, to the end of the validation.
  void begin_validation(std::int64_t step);
  void end_validation();

 private:
  void call(const tapegrad::detail::OperatorCall& call) override;
  void note_dropout(const tapegrad::detail::OperatorCall& call) noexcept;
  void add_dropout();

  const ModuleRef model_;
  Findings& findings_;
  std::vector<const void*> parameters_;  ///< while it waits for the first layer
  std::string training_;                 ///< a layer that was in training mode then
  std::string dropped_;                  ///< what called dropout
  std::int64_t step_ = 0;
  bool trained_ = false;    ///< a step in training mode has been seen
  bool validated_ = false;  ///< since then
};

}  // namespace tapegrad::nn::detail
