#pragma once

#include "autograd/tensor/visit_dtype.h"

// Internal: what the operators share that take pieces along one dimension.

namespace tapegrad::detail {

/// A range of entries along one dimension of a tensor of shape `whole`; taken out it has shape
/// `part`.
struct Section {
  Shape whole, part;
  int dim;
  std::int64_t start, length;
  static constexpr void visit(auto& range, auto f) {
    f("whole", range.whole);
    f("part", range.part);
    f("dim", range.dim);
    f("start", range.start);
    f("length", range.length);
  }
};

/// The range of `x`, without copying where it is one piece of the data.
Tensor taken(const Tensor& x, const Section& range);

/// `dim` of a tensor that must have dimensions, counted from 0.
int dimension_of(const Shape& shape, int dim, const char* name);

}  // namespace tapegrad::detail
