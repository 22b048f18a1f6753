#pragma once

#include <span>
#include <unordered_map>

#include "autograd/tape/record.h"

// Internal: how large the gradients are that a walk back hands on.

namespace tapegrad::detail {

struct GradientNorms {
  std::unordered_map<const Record*, double> of_records;  ///< of their outputs
  std::unordered_map<const Impl*, double> of_leaves;
};

/// Walks back from the sum of `result`, whose records these are, and keeps the graph. Errors: those
/// of `grad`.
GradientNorms gradient_norms(std::span<Record* const> records, const Tensor& result);

}  // namespace tapegrad::detail
