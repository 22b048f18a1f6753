#pragma once

#include "autograd/tensor/visit_dtype.h"

// Internal: what the operators share that take tensors apart and put them together.

namespace tapegrad::detail {

/// A shape as seen from dimension `dim`: `outer` blocks of `size` entries of `inner` elements.
struct AroundDim {
  std::int64_t outer = 1, size = 1, inner = 1;

  AroundDim(const Shape& shape, int dim) noexcept {
    for (int d = 0; d < shape.rank(); ++d) (d < dim ? outer : d == dim ? size : inner) *= shape[d];
  }
};

inline std::int64_t element_size(const Tensor& tensor) noexcept {
  return static_cast<std::int64_t>(size_of(impl_of(tensor)->dtype));
}

/// A dense copy, without history.
Tensor copy_of(const Tensor& x);

/// `x` as the first entries of every dimension of a tensor of `shape`, zeros elsewhere; recorded.
Tensor padded(const Tensor& x, const Shape& shape);

/// Throws unless all of `index`, an argument of the operator `name`, are int64 indices of dimension
/// `dim` of `shape`. Errors: `DTypeError`, `IndexError`.
void require_indices(const Tensor& index, const Shape& shape, int dim, const char* name);

}  // namespace tapegrad::detail
