#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "autograd/tensor/tensor.h"

// Internal: how forward mode asks an operator for the tangents of its outputs.

namespace tapegrad::detail {

struct OperatorType;

/// A call of an operator that has ended, and the tangents of its inputs.
struct TangentCall {
  const OperatorType& type;
  std::span<const Tensor> inputs;  ///< those that it reads, as they were before
  std::span<Tensor> tangents;      ///< of the inputs; undefined where it is 0
  std::span<const Tensor> outputs;
  std::span<const Tensor> kept;  ///< what the forward kept for rules
  /// Nobody has to see by which operators tangents are computed: loops of their own will do.
  bool fused;
  std::span<Tensor> results;  ///< tangents of the outputs
  void (*sum_up)(Tensor& sum, Tensor tangent);

  /// Adds `tangent` to that of output `index`.
  void add(std::size_t index, Tensor tangent) const { sum_up(results[index], std::move(tangent)); }
};

/// The forward-mode rule of an operator. As far as possible data, since functions take room in the
/// library.
struct TangentRule {
  static constexpr std::size_t kLast = 31;

  std::size_t bytes;  ///< of the operator's struct
  /// Copies that struct to `to`, for the time after the call; nullptr where bytes can be copied.
  void (*copy)(const OperatorType& type, const void* op, void* to);
  void (*destroy)(void* op) noexcept;  ///< destroys the copy; nullptr where there is nothing to do
  void (*run)(const void* op, const TangentCall& call);
  bool linear;      ///< it needs the values, for their shapes, of what has no tangent, too
  unsigned values;  ///< bit i: it needs the value of input i
  /// In place of these two, where that depends on more: as `values_needed`.
  unsigned (*reads)(const OperatorType& type, unsigned varying);

  /// Bit i: the value of input i is needed, where those in `varying` have tangents. The last bit
  /// stands for all inputs from there on.
  unsigned values_needed(const OperatorType& type, unsigned varying) const {
    if (reads) return reads(type, varying);
    return linear ? values | ~varying | 1u << kLast : values;
  }
};

}  // namespace tapegrad::detail
