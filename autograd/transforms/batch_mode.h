#pragma once

#include <string_view>

#include "autograd/transforms/companions.h"

// Internal: what values are for all entries of a batch, computed beside those of one entry.

namespace tapegrad::detail {

/// While it lives, every value that this thread computes from one that has a batch gets one: what
/// it is for each entry, with a further first dimension, computed by one call of the operator on
/// batches where that can (see `Leading`). The values themselves are those of the first entry.
class BatchMode final : public CompanionMode {
 public:
  /// Of so many entries.
  explicit BatchMode(std::int64_t size);

  /// What `y` is for all entries; expanded where that depends on nothing that has a batch. Errors:
  /// what could not be thrown before.
  Tensor batch(const Tensor& y) const;
  /// Whether random numbers were drawn.
  bool drew() const noexcept { return drew_; }

 private:
  std::optional<unsigned> note(const OperatorCall& call, unsigned varying, Frame& frame) override;
  void carry(const OperatorCall& call, Frame& frame, std::span<const Tensor> outputs,
             std::span<Tensor> results) override;
  void event(Event event, const Impl& value) noexcept override;
  void launch(const Launch& launch) override;
  void host_state(std::string_view name, double) noexcept override { drew_ |= name == "generator"; }
  void held() noexcept override;
  const Tensor* entries(const Impl& value) const noexcept override { return known(value); }
  /// The host reads elements of `value`: an error unless they are the same in all entries.
  void look(const Impl& value) noexcept;

  std::int64_t size_;
  bool drew_ = false;
};

}  // namespace tapegrad::detail
