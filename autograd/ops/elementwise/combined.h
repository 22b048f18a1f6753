#pragma once

/// @file
/// Sums and products with a factor, in one call, as PyTorch has them.
///
///     tg::Tensor a = tg::ones({3}), b = tg::full({3}, 2.0);
///     tg::Tensor y = tg::add(a, b, 0.1);    // a + 0.1 b
///     tg::Tensor z = tg::lerp(a, b, 0.25);  // a quarter of the way from a to b

#include "autograd/ops/elementwise/arithmetic.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup arithmetic
/// @{

/// a + alpha b, in the type of a + b: exact for integers. Errors: `ShapeError` unless `alpha` is a
/// number or 0-d; `DTypeError` for a fraction where `a` and `b` are integers.
Tensor add(const Tensor& a, const Tensor& b, const Tensor& alpha);
/// a - alpha b. Errors: those of `add`, and `DTypeError` for `bool`.
Tensor sub(const Tensor& a, const Tensor& b, const Tensor& alpha);
/// input + value tensor1 tensor2, all of which broadcast, in the type of the three tensors. Errors:
/// as for `add` with `alpha`.
Tensor addcmul(const Tensor& input, const Tensor& tensor1, const Tensor& tensor2,
               const Tensor& value = 1);
/// input + value tensor1 / tensor2, all of which broadcast. Errors: `DTypeError` unless one of
/// tensor1 and tensor2 is floating-point; `ShapeError` unless `value` is a number or 0-d.
Tensor addcdiv(const Tensor& input, const Tensor& tensor1, const Tensor& tensor2,
               const Tensor& value = 1);
/// start + weight (end - start), by a number or a tensor, and from the end where the weight is 1/2
/// or more, so that weight 1 gives `end` itself. Errors: `DTypeError` unless `start` and `end` are
/// floating-point.
Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight);

/// @}

}  // namespace tapegrad
