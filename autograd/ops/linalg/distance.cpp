#include "autograd/ops/linalg/distance.h"

#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

/// `x` divided along `dim` of `shape`, to which it broadcasts, by its norm.
Tensor unit_vectors(const Tensor& x, const Shape& shape, int dim, double eps) {
  const int added = shape.rank() - x.dim();
  Shape own;
  for (int d = 0; d < shape.rank(); ++d)
    own.push_back(d == dim ? shape[d] : d < added ? 1 : x.shape()[d - added]);
  const Tensor all = x.shape() == own ? x : expand(x, own);
  const Tensor norm = vector_norm(all, 2, dim, true);
  // By infinity, vectors of zeros stay what they are, and have gradient 0.
  return all / where(norm == 0, std::numeric_limits<double>::infinity(), clamp(norm, eps));
}

}  // namespace

Tensor pairwise_distance(const Tensor& x1, const Tensor& x2,
                         const PairwiseDistanceOptions& options) {
  detail::require_defined(x1, x2, "pairwise_distance");
  detail::require_floating(x1, "pairwise_distance");
  detail::require_floating(x2, "pairwise_distance");
  if (std::isnan(options.p)) fail<ValueError>("pairwise_distance: the order p is NaN");
  detail::broadcast(x1.shape(), x2.shape(), "pairwise_distance");
  Tensor differences = x1 - x2;
  if (options.eps != 0) differences = std::move(differences) + options.eps;
  return vector_norm(differences, options.p, -1, options.keepdim);
}

Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, int dim, Real eps) {
  detail::require_defined(x1, x2, "cosine_similarity");
  detail::require_floating(x1, "cosine_similarity");
  detail::require_floating(x2, "cosine_similarity");
  const Shape shape = detail::broadcast(x1.shape(), x2.shape(), "cosine_similarity");
  const int d = detail::normal_dim(dim, shape.rank(), "cosine_similarity");
  return sum(unit_vectors(x1, shape, d, eps) * unit_vectors(x2, shape, d, eps), d);
}

}  // namespace tapegrad
