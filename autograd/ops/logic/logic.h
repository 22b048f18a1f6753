#pragma once

/// @file
/// Comparisons, truth values, and the choice between two tensors; the signs are in
/// autograd/ops/signs.h.
///
///     tg::Tensor x = tg::tensor({1.0, NAN, 3.0});
///     tg::Tensor y = tg::where(tg::isnan(x), 0.0, x);
///     fmt::print("{}\n", tg::any(y > 2).item<bool>());

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup logic
/// Results are `bool` and never recorded. Comparisons with NaN are false, but for `ne`. Where truth
/// values are asked for, other types count as `x != 0`, so that NaN is true.
/// @{

Tensor eq(const Tensor& a, const Tensor& b);           ///< a = b
Tensor ne(const Tensor& a, const Tensor& b);           ///< a != b; true for NaN
Tensor lt(const Tensor& a, const Tensor& b);           ///< a < b
Tensor le(const Tensor& a, const Tensor& b);           ///< a <= b
Tensor gt(const Tensor& a, const Tensor& b);           ///< a > b
Tensor ge(const Tensor& a, const Tensor& b);           ///< a >= b
Tensor logical_and(const Tensor& a, const Tensor& b);  ///< both are true
Tensor logical_or(const Tensor& a, const Tensor& b);   ///< one or both are true
Tensor logical_xor(const Tensor& a, const Tensor& b);  ///< one is true, not both
Tensor logical_not(const Tensor& x);                   ///< it is not true
Tensor isnan(const Tensor& x);                         ///< where `x` is NaN
Tensor isinf(const Tensor& x);                         ///< where `x` is inf or -inf
Tensor isfinite(const Tensor& x);  ///< where `x` is neither of both, as integers always are
Tensor any(const Tensor& x);       ///< one element or more is true (0-d); false when there is none
Tensor all(const Tensor& x);       ///< every element is true (0-d), also when there is none
/// Same shape, type and elements. NaN equals nothing.
bool equal(const Tensor& a, const Tensor& b);
/// |a - b| <= atol + rtol |b| everywhere, shapes equal. NaN is close to nothing, or to NaN when
/// `equal_nan`.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
              Flag equal_nan = false);

/// @}

/// @addtogroup arithmetic
/// @{

/// `a` where `condition` (bool) holds, else `b`. The gradient goes by selection, so NaN in the
/// branch not taken never leaks.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
[[gnu::cold]] OperatorInfo where_cases();
inline constexpr OperatorInfo (*kLogicCases[])() = {where_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
