#pragma once

/// @file
/// Sums, means, products, extremes and deviations, over all elements or some dimensions.
///
///     tg::Tensor x = tg::randn({4, 3});
///     tg::Tensor total = tg::sum(x), mean = tg::mean(x, 0), spread = tg::std(x, {0, 1});
///     auto [largest, where] = tg::max(x, 1);

#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup reductions
/// Over `dims` (all when empty; negative ones count from the end), which are kept with size 1 when
/// `keepdim`. Sums have the same bits for every number of threads. Errors of all: `IndexError` for
/// a dimension that the tensor does not have, or that is named twice.
/// @{

/// The sum; int64 and bool sum to `int64`. That of nothing is 0.
Tensor sum(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// The mean, finite where all elements are, also where their sum is not; of nothing NaN. Errors:
/// `DTypeError` unless floating-point.
Tensor mean(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// The product; of int64 and bool `int64`, of nothing 1. The gradient of an element is the product
/// of the others, right with any number of zeros.
Tensor prod(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// The largest (smallest) over `dims`; NaN wins. Equal elements share the gradient evenly. Errors:
/// `ShapeError` over an empty dimension.
/// @{
Tensor amax(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
Tensor amin(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// @}
/// The largest (smallest) of all elements; NaN wins. Equal ones share the gradient evenly. Errors:
/// `ShapeError` for no elements.
/// @{
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);
/// @}
/// The largest (smallest) along `dim` and the index of the first such, which alone gets the
/// gradient; the first NaN wins. Errors: `ShapeError` over an empty dimension.
/// @{
ValuesAndIndices max(const Tensor& x, int dim, Flag keepdim = false);
ValuesAndIndices min(const Tensor& x, int dim, Flag keepdim = false);
/// @}
/// Index (int64) of the first largest (smallest) element, in the flattened tensor or along `dim`;
/// the first NaN wins. Never recorded. Errors: `ShapeError` over nothing.
/// @{
Tensor argmax(const Tensor& x);
Tensor argmin(const Tensor& x);
Tensor argmax(const Tensor& x, int dim, Flag keepdim = false);
Tensor argmin(const Tensor& x, int dim, Flag keepdim = false);
/// @}
/// Sum of squared deviations / (n - correction). NaN, with a NaN gradient, where n <= correction;
/// but 0 for one element with correction 0. Errors: `DTypeError` unless floating-point.
Tensor var(const Tensor& x, const Dims& dims = {}, Integer correction = 1, Flag keepdim = false);
/// Square root of `var`, also where squares would leave the range; gradient 0 where it is 0.
/// Errors: `DTypeError` unless floating-point.
Tensor std(const Tensor& x, const Dims& dims = {}, Integer correction = 1, Flag keepdim = false);
/// log(sum(exp(x))) without overflow; all -inf gives -inf with gradient 0, and so does nothing. The
/// gradient is the softmax. Errors: `DTypeError` unless floating-point.
Tensor logsumexp(const Tensor& x, const Dims& dims, Flag keepdim = false);
/// Sums `x` down to `shape`, the reverse of broadcasting; `x` itself if it has that shape. Errors:
/// `ShapeError`.
Tensor sum_to(const Tensor& x, const Shape& shape);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
[[gnu::cold]] OperatorInfo sum_cases(), mean_cases(), prod_cases(), amax_cases(), amin_cases(),
    var_cases(), std_cases(), logsumexp_cases();
inline constexpr OperatorInfo (*kReductionCases[])() = {sum_cases,  mean_cases,     prod_cases,
                                                        amax_cases, amin_cases,     var_cases,
                                                        std_cases,  logsumexp_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
