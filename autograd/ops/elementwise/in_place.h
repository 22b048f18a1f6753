#pragma once

/// @file
/// Functions that write their result into the tensor that they are given, whose names end in "_".
/// They are recorded, as the plain forms are.
///
///     tg::Tensor x = tg::tensor({-1.0, 2.0});
///     tg::relu_(x);
///     tg::masked_fill_(x, x > 1, 0.0);

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup operators
/// @{

/// Functions that put their result into the tensor that they are given, which they return, and
/// raise its version. The result has the bits of the plain form, and is recorded as that is; where
/// it is, a rule gets a copy of the old value to read. Errors: those of the plain form;
/// `DTypeError` where the result is of another category of types than the tensor; `ShapeError`
/// where it is larger; `GradError` for a leaf that requires gradients, and, where it is recorded,
/// for a tensor whose data is shared.
/// @{
Tensor& abs_(Tensor& x);
Tensor& ceil_(Tensor& x);
Tensor& floor_(Tensor& x);
Tensor& round_(Tensor& x);
Tensor& trunc_(Tensor& x);
Tensor& neg_(Tensor& x);
Tensor& sqrt_(Tensor& x);
Tensor& rsqrt_(Tensor& x);
Tensor& reciprocal_(Tensor& x);
Tensor& square_(Tensor& x);
Tensor& exp_(Tensor& x);
Tensor& log_(Tensor& x);
Tensor& sin_(Tensor& x);
Tensor& cos_(Tensor& x);
Tensor& sigmoid_(Tensor& x);
Tensor& tanh_(Tensor& x);
Tensor& relu_(Tensor& x);
Tensor& index_add_(Tensor& x, int dim, const Tensor& index, const Tensor& source);
Tensor& index_copy_(Tensor& x, int dim, const Tensor& index, const Tensor& source);
Tensor& index_fill_(Tensor& x, int dim, const Tensor& index, const Tensor& value);
Tensor& scatter_(Tensor& x, int dim, const Tensor& index, const Tensor& source);
Tensor& scatter_add_(Tensor& x, int dim, const Tensor& index, const Tensor& source);
Tensor& masked_fill_(Tensor& x, const Tensor& mask, const Tensor& value);
Tensor& masked_scatter_(Tensor& x, const Tensor& mask, const Tensor& source);
/// @}

/// @}

}  // namespace tapegrad
