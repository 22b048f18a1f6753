#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "autograd/tensor/tensor.h"

// Internal: how forward mode asks an operator for the tangents of its outputs.

namespace tapegrad::detail {

struct OperatorType;

/// A call of an operator that has ended, and the tangents of its inputs.
struct TangentCall {
  const OperatorType& type;
  std::span<const Tensor> inputs;    ///< as they were before
  std::span<const Tensor> tangents;  ///< of the inputs; undefined where it is 0
  std::span<const Tensor> outputs;
  std::span<const Tensor> kept;  ///< what the forward kept for rules
  /// Nobody has to see by which operators tangents are computed, so that loops of their own will do.
  bool fused;
  std::span<Tensor> results;  ///< tangents of the outputs
  void (*sum_up)(Tensor& sum, Tensor tangent);

  /// Adds `tangent` to that of output `index`.
  void add(std::size_t index, Tensor tangent) const { sum_up(results[index], std::move(tangent)); }
};

/// The forward-mode rule of an operator.
struct TangentRule {
  /// The operator's struct at `op`, for the time after the call.
  std::shared_ptr<const void> (*keep)(const OperatorType& type, const void* op);
  void (*run)(const void* op, const TangentCall& call);
};

}  // namespace tapegrad::detail
