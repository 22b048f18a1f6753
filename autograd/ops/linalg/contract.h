#pragma once

#include <cstdint>

#include "autograd/tensor/tensor.h"

// Internal: sums of products over dimensions that have names.

namespace tapegrad::detail {

/// A set of names of dimensions, which are 0 to 63.
using Labels = std::uint64_t;
constexpr Labels bit_of(std::int64_t label) { return Labels{1} << label; }

/// A tensor whose dimensions have names, each a different one.
struct Labelled {
  Tensor tensor;
  Dims labels;  ///< the name of each dimension

  /// All names.
  Labels mask() const;
};

/// `x` summed over what `kept` does not name.
Labelled summed(const Labelled& x, Labels kept);
/// `x` with its dimensions in the order of `labels`, which are its own.
Tensor arranged(const Labelled& x, const Dims& labels);
/// The product of both, summed over the names that both have and `kept` has not. Sizes of one name
/// are equal. The result has the names of both that `kept` has, those that only `a` has before
/// those that only `b` has. One matrix product, with copies only where the order of dimensions
/// needs them.
Labelled contract(const Labelled& a, const Labelled& b, Labels kept, const char* name);

/// The product of both, summed over dimension `dims_a[i]` of `a` and `dims_b[i]` of `b`, which have
/// equal sizes; negative ones count from the end. The other dimensions are those of the result.
Tensor contract_dims(const Tensor& a, const Tensor& b, const Dims& dims_a, const Dims& dims_b,
                     const char* name);

}  // namespace tapegrad::detail
