#pragma once

/// @file
/// Distances and angles between vectors.
///
///     tg::Tensor a = tg::randn({5, 3}), b = tg::randn({7, 3});
///     tg::Tensor all = tg::cdist(a, b);                             // [5, 7]
///     tg::Tensor similar = tg::cosine_similarity(a, b.narrow(0, 0, 5));  // [5]

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup distances
/// @{

/// The distance of every row of `x1` `[..., n, m]` from every row of `x2` `[..., k, m]`, as
/// `vector_norm` of order `p` has it: `[..., n, k]`; the leading dimensions broadcast. Differences
/// are taken one by one, so that near rows keep their digits, and no power leaves the range. The
/// gradient of a distance of 0 is 0, and so is that of the count that `p` = 0 is; equal differences
/// share that of an infinite order evenly. Where it is recorded it takes memory for `[..., n, k,
/// m]`. Errors: `DTypeError` unless both are of one
/// floating-point type; `ShapeError` for vectors, and rows of different sizes; `ValueError` for a
/// negative `p` or NaN.
Tensor cdist(const Tensor& x1, const Tensor& x2, Real p = 2);

/// How `pairwise_distance` measures.
struct PairwiseDistanceOptions {
  double p = 2;          ///< the order of the norm
  double eps = 1e-6;     ///< is added to every difference
  bool keepdim = false;  ///< whether the last dimension stays, with size 1
};
/// The distance of each row of `x1` `[..., m]` from that of `x2`, which broadcast: `vector_norm` of
/// x1 - x2 + eps over the last dimension. Errors: `DTypeError` unless both are floating-point;
/// those of `vector_norm`.
Tensor pairwise_distance(const Tensor& x1, const Tensor& x2,
                         const PairwiseDistanceOptions& options = {});
/// The cosine of the angle between vectors along `dim` of the shape that both broadcast to: the sum
/// of products of both, each divided by its `vector_norm`, but at least by `eps`. Where a vector is
/// 0, so are the result and the gradients. Vectors of any size neither overflow nor vanish. Errors:
/// `DTypeError` unless both are floating-point; `IndexError` for a dimension that is not there.
Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, int dim = 1, Real eps = 1e-8);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
OperatorInfo cdist_cases();
inline constexpr OperatorInfo (*kDistanceCases[])() = {cdist_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
