#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/ops/linalg/contract.h"
#include "autograd/ops/linalg/operands.h"
#include "autograd/ops/linalg/products.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/arrange.h"
#include "autograd/ops/shape/named.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

/// The numbers from `first` up to, not including, `last`.
Dims dims_between(std::int64_t first, std::int64_t last) {
  Dims dims;
  for (; first < last; ++first) dims.push_back(first);
  return dims;
}

/// `shape` with leading sizes of 1, up to `rank`.
Shape with_rank(Shape shape, int rank) {
  while (shape.rank() < rank) shape.insert(0, 1);
  return shape;
}

}  // namespace

Tensor tensordot(const Tensor& a, const Tensor& b, Integer dims) {
  detail::require_defined(a, b, "tensordot");
  const std::int64_t count = dims;
  if (count < 0)
    fail<ValueError>("tensordot: the number of dimensions is {}; give 0 or more", count);
  for (const Tensor* x : {&a, &b})
    if (count > x->dim())
      fail<IndexError>("tensordot: {} dimensions of a tensor of shape {}, which has {}", count,
                       x->shape(), x->dim());
  return tensordot(a, b, dims_between(a.dim() - count, a.dim()), dims_between(0, count));
}

Tensor tensordot(const Tensor& a, const Tensor& b, const Dims& dims_a, const Dims& dims_b) {
  detail::require_defined(a, b, "tensordot");
  detail::require_product_types(a, b, "tensordot");
  if (dims_a.rank() != dims_b.rank())
    fail<ShapeError>("tensordot: dimensions {} and {}; give each of the first its partner", dims_a,
                     dims_b);
  const Dims of_a = detail::distinct_dims(dims_a, a.dim(), "tensordot");
  const Dims of_b = detail::distinct_dims(dims_b, b.dim(), "tensordot");
  Dims broadcast_a, broadcast_b;  // what has size 1 in the other
  for (int i = 0; i < of_a.rank(); ++i) {
    const std::int64_t size_a = a.shape()[of_a[i]], size_b = b.shape()[of_b[i]];
    if (size_a == size_b) continue;
    if (size_a != 1 && size_b != 1)
      fail<ShapeError>(
          "tensordot: shapes {} and {}: size {} of dimension {} and size {} of dimension {} differ",
          a.shape(), b.shape(), size_a, of_a[i], size_b, of_b[i]);
    size_b == 1 ? broadcast_a.push_back(of_a[i]) : broadcast_b.push_back(of_b[i]);
  }
  return detail::contract_dims(broadcast_a.empty() ? a : sum(a, broadcast_a, true),
                               broadcast_b.empty() ? b : sum(b, broadcast_b, true), of_a, of_b,
                               "tensordot");
}

Tensor kron(const Tensor& a, const Tensor& b) {
  detail::require_defined(a, b, "kron");
  const int rank = std::max(a.dim(), b.dim());
  const Shape left = with_rank(a.shape(), rank), right = with_rank(b.shape(), rank);
  Shape result = left;
  for (int d = 0; d < rank; ++d)
    if (__builtin_mul_overflow(left[d], right[d], &result[d]))
      fail<ShapeError>("kron: size {} times size {} of dimension {} is more than memory can hold",
                       left[d], right[d], d);
  if (2 * rank <= kMaxRank) {
    Shape outside, inside;  // each dimension of a before that of b
    for (int d = 0; d < rank; ++d) {
      for (const std::int64_t size : {left[d], std::int64_t{1}}) outside.push_back(size);
      for (const std::int64_t size : {std::int64_t{1}, right[d]}) inside.push_back(size);
    }
    return reshape(reshape(a, outside) * reshape(b, inside), result);
  }
  Tensor spread = reshape(a, left);
  for (int d = 0; d < rank; ++d)
    if (right[d] != 1) spread = repeat_interleave(spread, tensor(right[d]), d);
  return spread * tile(reshape(b, right), left);
}

Tensor cross(const Tensor& input, const Tensor& other, int dim) {
  detail::require_defined(input, other, "cross");
  detail::require_product_types(input, other, "cross");
  const int rank = input.dim();
  if (rank != other.dim())
    fail<ShapeError>("cross: shapes {} and {} have {} and {} dimensions; give both as many",
                     input.shape(), other.shape(), rank, other.dim());
  const int d = detail::dimension_of(input.shape(), dim, "cross");
  for (const Tensor* x : {&input, &other})
    if (x->shape()[d] != 3)
      fail<ShapeError>("cross: dimension {} of shape {} has size {}; vectors have three elements",
                       d, x->shape(), x->shape()[d]);
  detail::broadcast(input.shape(), other.shape(), "cross");
  // c[i] = a[i + 1] b[i + 2] - a[i + 2] b[i + 1], all first one place further back.
  return roll(input * roll(other, -1, d) - roll(input, -1, d) * other, -1, d);
}

}  // namespace tapegrad
