#pragma once

/// @file
/// Random numbers of further distributions, whose parameters are numbers; those by tensors are in
/// autograd/ops/random/random.h.
///
///     tg::Tensor x = tg::normal(10, 2, {1000});
///     tg::Tensor waits = tg::empty({5});
///     tg::exponential_(waits, 0.5);

#include "autograd/base/flag.h"
#include "autograd/tensor/create/random.h"

namespace tapegrad {

/// @addtogroup random
/// @{

/// Normal numbers of one mean and standard deviation. Errors: `ValueError` for a negative `std`,
/// and unless both are finite; `DTypeError` unless floating-point.
Tensor normal(Real mean, Real std, const Shape& shape, DType dtype = get_default_dtype(),
              Generator& generator = default_generator());

/// Fills with exponentially distributed numbers of mean 1 / `lambd`, in place, and raises the
/// version. Errors: `ValueError` unless `lambd` is above 0 and finite; `DTypeError` and `GradError`
/// as for `uniform_`.
Tensor& exponential_(Tensor& tensor, Real lambd = 1, Generator& generator = default_generator());

/// @}

}  // namespace tapegrad
