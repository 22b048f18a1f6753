#pragma once

#include "autograd/ops/ops.h"

// Internal: what losses have in common.

namespace tapegrad::nn {

/// The two sides of a loss, checked, in one floating-point type.
struct LossPair {
  Tensor input, target;

  /// Errors: `ShapeError` unless the shapes are equal, or may be broadcast and can be;
  /// `DTypeError`.
  LossPair(const char* name, const Tensor& input, const Tensor& target, bool broadcast,
           bool can_broadcast = true);
};

/// `elements` times `weight`, or as they are without one. A weight of 0 masks an infinite or NaN
/// element: 0, with gradient 0.
Tensor weigh(const Tensor& elements, const Tensor& weight);

/// Puts `input` and a target of 0, whose loss is 0, where `masked`, before the loss: a weight of 0
/// afterwards cannot do it, since 0 times the derivative at NaN is NaN. Records nothing where
/// nothing is masked.
void mask(LossPair& pair, const Tensor& masked, double input);

/// Tells whoever watches that the operators of a loss come next, if all of its elements count.
void announce_loss(const char* name, Reduction reduction, const Tensor& weight);

/// Mean, sum or the elements themselves.
Tensor reduce(const Tensor& elements, Reduction reduction);

}  // namespace tapegrad::nn
