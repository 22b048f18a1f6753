#pragma once

#include "autograd/kernels/optim_step.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup steps
/// Optimizer steps as single fused passes over a parameter. `nn`'s optimizers are made of these;
/// they are public for programs with an update loop of their own.
///
/// All change `parameter` and its buffers in place and raise their versions, are never recorded,
/// and leave `gradient` alone. An undefined buffer is made, filled with zeros, when the step needs
/// it; one of the other floating-point type follows the parameter, which may have been converted
/// (`to_`). Errors: `DTypeError` unless parameter and gradient have one floating-point type;
/// `ShapeError` unless all shapes are equal.
/// @{

using kernels::AdagradStep;
using kernels::AdamStep;
using kernels::RmspropStep;
using kernels::SgdStep;

/// Stochastic gradient descent; the buffer is used when `step.momentum` is not 0.
void sgd_step(Tensor& parameter, const Tensor& gradient, Tensor& momentum, const SgdStep& step);

/// Adam and AdamW (Kingma and Ba, 2015; Loshchilov and Hutter, 2019); `largest` is used with
/// AMSGrad.
void adam_step(Tensor& parameter, const Tensor& gradient, Tensor& mean, Tensor& square,
               Tensor& largest, const AdamStep& step);

/// RMSprop (Hinton, 2012); `momentum` is used when it is not 0, `mean` when centered.
void rmsprop_step(Tensor& parameter, const Tensor& gradient, Tensor& square, Tensor& momentum,
                  Tensor& mean, const RmspropStep& step);

/// Adagrad (Duchi, Hazan and Singer, 2011).
void adagrad_step(Tensor& parameter, const Tensor& gradient, Tensor& squares,
                  const AdagradStep& step);

/// @}

}  // namespace tapegrad
