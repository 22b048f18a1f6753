#include "autograd/transforms/cotangent.h"

#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::detail {

Tensor unit_cotangent(const Shape& shape, DType dtype) { return ones(shape, dtype); }
Tensor zero_cotangent(const Shape& shape, DType dtype) { return zeros(shape, dtype); }

Tensor dense_cotangent(const Tensor& gradient, const Shape& shape) {
  return gradient.shape() == shape ? gradient : expand(gradient, shape);
}

Tensor own_cotangent(Tensor gradient, const Shape& shape) {
  if (gradient.shape() != shape) return expand(gradient, shape);
  return impl_of(gradient)->unique() ? gradient : gradient.clone();
}

Tensor add_cotangents(Tensor a, const Tensor& b, const Shape& full, bool create_graph) {
  const bool fits = a.shape() == b.shape() || a.shape() == full;
  if (create_graph || !fits || !impl_of(a)->unique()) return add(a, b);
  add_into(impl_of(a), b);
  return a;
}

Tensor reduce_cotangent(const Tensor& gradient, const Shape& full, const Shape& target,
                        DType dtype) {
  Tensor g = gradient.dtype() == dtype ? gradient : gradient.to(dtype);
  if (target == full) return g;
  // Dimensions counted from the end; `target` has 1 where broadcasting repeated it.
  const auto from_end = [](const Shape& shape, int i) {
    return i < shape.rank() ? shape[-1 - i] : 1;
  };
  Dims summed;
  double repeats = 1;
  for (int i = 0; i < full.rank(); ++i) {
    const std::int64_t size = from_end(full, i);
    if (from_end(target, i) == size) continue;
    if (from_end(g.shape(), i) == 1 && size != 1)
      repeats *= static_cast<double>(size);
    else
      summed.push_back(-1 - i);
  }
  if (repeats == 0) return zeros(target, dtype);  // the sum of nothing, whatever `g` is
  if (!summed.empty()) g = sum(g, summed, true);
  if (repeats != 1) g = g * repeats;
  if (g.dim() > target.rank()) g = reshape(g, g.shape().slice(g.dim() - target.rank(), g.dim()));
  return g;
}

Tensor fit_cotangent(const Tensor& gradient, const Shape& target, DType dtype) {
  const Tensor g = gradient.to(dtype);  // also a C++ number, which would take other types later
  bool stands_for = g.dim() <= target.rank();
  for (int i = 0; stands_for && i < g.dim(); ++i) {
    const std::int64_t size = g.shape()[-1 - i];
    stands_for = size == 1 || size == target[-1 - i];
  }
  return stands_for ? g : sum_to(g, target);
}

}  // namespace tapegrad::detail
