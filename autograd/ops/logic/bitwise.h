#pragma once

/// @file
/// The bits of integers and truth values.
///
///     tg::Tensor flags = tg::tensor({5, 6});
///     tg::Tensor set = tg::bitwise_and(flags, 4) != 0, doubled = tg::bitwise_left_shift(flags, 1);

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup logic
/// @{

/// The bits of integers, or truth values, in which both, one or both, or one of a and b are set.
/// The result is `bool` for two truth values, else `int64`. Errors: `DTypeError` for fractions.
/// @{
Tensor bitwise_and(const Tensor& a, const Tensor& b);
Tensor bitwise_or(const Tensor& a, const Tensor& b);
Tensor bitwise_xor(const Tensor& a, const Tensor& b);
/// @}
/// The bits that are not set, which is -x - 1; of truth values `logical_not`. Errors: `DTypeError`
/// for fractions.
Tensor bitwise_not(const Tensor& x);
/// a 2^b, of which the lowest 64 bits stay; 0 where b is not from 0 to 63. Errors: `DTypeError` for
/// fractions and for two truth values.
Tensor bitwise_left_shift(const Tensor& a, const Tensor& b);
/// a / 2^b, rounded downwards: 0 or -1 where b is not from 0 to 63. Errors: `DTypeError` for
/// fractions and for two truth values.
Tensor bitwise_right_shift(const Tensor& a, const Tensor& b);

/// @}

}  // namespace tapegrad
