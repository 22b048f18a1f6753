#pragma once

#include "autograd/transforms/companions.h"

// Internal: derivatives along a direction, computed beside the values.

namespace tapegrad::detail {

/// While it lives, every value that this thread computes from one that has a tangent gets one, by
/// the forward-mode rule of its operator. Nothing is put on the tape for that.
class ForwardMode final : public CompanionMode {
 public:
  ForwardMode();

  /// The tangent of `y`; zeros where that depends on nothing that has one. Errors: what could not
  /// be thrown before.
  Tensor tangent(const Tensor& y) const;

 private:
  std::optional<unsigned> note(const OperatorCall& call, unsigned varying, Frame& frame) override;
  void carry(const OperatorCall& call, Frame& frame, std::span<const Tensor> outputs,
             std::span<Tensor> results) override;
};

}  // namespace tapegrad::detail
