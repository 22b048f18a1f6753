#pragma once

#include <vector>

#include "autograd/tensor/door/watcher.h"

// Internal: operators on inputs of which some have a further first dimension.

namespace tapegrad::detail {

/// The results of the operator `type`, with these attributes, for each entry of a further first
/// dimension, which those of `inputs` have that `which` says, all of one size; every result has it.
/// At once where the operator can, and else in a loop, whose results are those of the entries bit
/// for bit. Computed by operators, so that it is recorded and has tangents as these are and have.
/// Integers are checked where others than those of a call that was could point elsewhere;
/// attributes that were computed from values (how many targets of cross_entropy count) are the same
/// for all. Errors: `ValueError` for an operator that cannot be called again, and where no input
/// has the dimension; `ShapeError` for inputs of different sizes, and where a result has no room
/// for it.
std::vector<Tensor> batched_call(const OperatorType& type, std::span<const Attribute> attributes,
                                 std::span<const Tensor> inputs, const std::vector<bool>& which);

/// The same in a loop, for a struct `op` that cannot say its attributes, but be copied.
std::vector<Tensor> repeated_call(const OperatorType& type, const void* op,
                                  std::span<const Tensor> inputs, const std::vector<bool>& which);

/// The inputs of the one call for all entries, for an operator that says
/// `Leading::broadcast` or `Leading::shift`.
std::vector<Tensor> inputs_at_once(Leading leading, const Batch& batch);

/// Input `i` with the dimension, expanded where it has it not; undefined where it is undefined.
Tensor with_leading(const Batch& batch, std::size_t i);

/// `x`, which has the dimension, with sizes of 1 behind that, up to `rank`.
Tensor aligned(const Tensor& x, int rank);

/// `shape` with the size in front. Errors: `ShapeError` for rank 8.
Shape with_leading(const Batch& batch, const Shape& shape);

}  // namespace tapegrad::detail
