#pragma once

#include "autograd/tensor/tensor.h"

// Internal: what the walk over the tape needs from the operators. A cotangent may be smaller than
// the tensor it belongs to and then stands for its broadcast: so the gradient of a sum is never
// spread out in memory.

namespace tapegrad::detail {

/// `gradient`, which stands for its broadcast to `full`, as a tensor of shape `target`: summed over
/// what broadcasting had repeated. Implemented with operators, so that it is recorded when
/// recording is on.
Tensor reduce_cotangent(const Tensor& gradient, const Shape& full, const Shape& target,
                        DType dtype);
/// The cotangent that the rule of another operator returned, for an input of shape `target`: it has
/// this shape, broadcasts to it (and stands for that), or is larger and is summed down.
Tensor fit_cotangent(const Tensor& gradient, const Shape& target, DType dtype);
/// The sum of two cotangents that stand for the shape `full`; adds into `a` when nothing else sees
/// it.
Tensor add_cotangents(Tensor a, const Tensor& b, const Shape& full, bool create_graph);
/// A tensor of exactly `shape` with data of its own.
Tensor own_cotangent(Tensor gradient, const Shape& shape);
/// One, as the cotangent of a tensor of one element.
Tensor unit_cotangent(const Shape& shape, DType dtype);
/// Zeros, as the gradient of what was not used.
Tensor zero_cotangent(const Shape& shape, DType dtype);
/// `gradient` broadcast to exactly `shape`.
Tensor dense_cotangent(const Tensor& gradient, const Shape& shape);

}  // namespace tapegrad::detail
