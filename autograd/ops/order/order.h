#pragma once

/// @file
/// Running sums and extremes, and the order of elements.
///
///     tg::Tensor x = tg::tensor({3.0, 1.0, 2.0});
///     auto [values, indices] = tg::topk(x, 2);
///     tg::Tensor running = tg::cumsum(x, 0), sorted = tg::sort(x).values;

#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup order
/// A negative dimension counts from the end, and a number (0-d tensor) counts as a vector of one
/// element. Results are copies. NaN counts as larger than all numbers, and sorting is stable: equal
/// elements keep their order. Gradients go to the elements that the indices name. Errors of all:
/// `IndexError` for a dimension that the tensor does not have.
/// @{

/// y[i] = x[0] + ... + x[i], of the shape of `x`; of int64 and bool `int64`. float32 is summed in
/// double precision.
Tensor cumsum(const Tensor& x, int dim);
/// y[i] = x[0] ... x[i], of the shape of `x`; of int64 and bool `int64`. Its gradient does not
/// divide, so that it is right with any number of zeros, at every order.
Tensor cumprod(const Tensor& x, int dim);
/// y[i] = log(exp(x[0]) + ... + exp(x[i])) without overflow. The gradient is the softmax of what
/// went into each sum: infinite elements share that of an infinite sum evenly, and a sum of -inf
/// alone gives 0. Errors: `DTypeError` unless floating-point.
Tensor logcumsumexp(const Tensor& x, int dim);
/// The largest (smallest) element up to each place, and the index of the last such; a NaN is both.
/// @{
ValuesAndIndices cummax(const Tensor& x, int dim);
ValuesAndIndices cummin(const Tensor& x, int dim);
/// @}
/// The elements in ascending or descending order, and where they stood.
ValuesAndIndices sort(const Tensor& x, int dim = -1, Flag descending = false);
/// The indices (int64) that sort `x`. Never recorded.
Tensor argsort(const Tensor& x, int dim = -1, Flag descending = false);
/// The `k` largest (smallest) elements, these first, and where they stood; of equal ones the first.
/// They are in order also where `sorted` does not ask for that. Errors: `IndexError` unless `dim`
/// has `k` elements.
ValuesAndIndices topk(const Tensor& x, Integer k, int dim = -1, Flag largest = true,
                      Flag sorted = true);
/// The `k`-th smallest element (1 is the smallest) and where it stood. Errors: `IndexError` unless
/// 1 <= k and `dim` has `k` elements.
ValuesAndIndices kthvalue(const Tensor& x, Integer k, int dim = -1, Flag keepdim = false);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
[[gnu::cold]] OperatorInfo cumsum_cases(), cumprod_cases(), linear_scan_cases(),
    logcumsumexp_cases();
inline constexpr OperatorInfo (*kOrderCases[])() = {cumsum_cases, cumprod_cases, linear_scan_cases,
                                                    logcumsumexp_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
