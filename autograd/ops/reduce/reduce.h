#pragma once

#include "autograd/tensor/visit_dtype.h"

// Internal: how reductions see a tensor.

namespace tapegrad::detail {

/// The shape after reducing `dims` (all when empty).
struct ReducedShape {
  Dims dims;               ///< counted from 0, ascending, each once
  Shape kept;              ///< with size 1 in their place
  Shape result;            ///< `kept`, or without them
  std::int64_t count = 1;  ///< elements that go into one result

  ReducedShape() = default;
  /// Errors: `IndexError` for a dimension out of range or named twice.
  ReducedShape(const Shape& shape, const Dims& dims, bool keepdim, const char* name);

  static constexpr void visit(auto& shape, auto f) {
    f("dims", shape.dims);
    f("kept", shape.kept);
    f("result", shape.result);
    f("count", shape.count);
  }
};

/// Which reduction; the order is that of `ReduceKernels`.
enum class Reducer { sum, prod, max, min };

/// The reduction of `x` over `dims` to shape `shape.result`; not recorded. NaN wins in max and min.
Tensor reduce(Reducer reducer, const Tensor& x, const ReducedShape& shape);

/// The sum over all dimensions but the last; not recorded. For floating-point numbers of at least
/// one dimension.
Tensor sum_rows(const Tensor& x);

/// True when the size of every element lies between these; NaN does not. A look at the values.
bool all_within(const Tensor& x, double smallest, double largest);
/// The largest finite number of a floating-point type.
double largest_of(DType dtype);

/// The sum over `shape.dims`, divided by `divisor`; not recorded. For floating-point numbers. Where
/// the sum leaves the range and the elements do not, it is computed again with a scale.
Tensor reduce_mean(const Tensor& x, const ReducedShape& shape, double divisor);

/// x - mean(x) over `dims`, from the distances to one of the elements: then equal elements are 0
/// away, which a rounded mean would not give. Recorded.
Tensor deviation(const Tensor& x, const Dims& dims);

/// Each `g` shared out evenly among the elements of `x` that equal the largest or smallest one `y`,
/// or are NaN where that is; not recorded. Of floating-point numbers. Undefined where the reduced
/// dimensions do not lie beside each other, or are too long for it.
Tensor share_among_equal(const Tensor& g, const Tensor& x, const Tensor& y,
                         const ReducedShape& shape);

/// `x` with the reduced dimensions last and joined: `[kept..., count]`; recorded.
Tensor reduced_last(const Tensor& x, const ReducedShape& shape);

}  // namespace tapegrad::detail
