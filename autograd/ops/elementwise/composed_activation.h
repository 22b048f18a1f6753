#pragma once

/// @file
/// Activations that are made of other operators: `relu6`, `glu`, `prelu`, `rrelu`.
///
///     tg::Tensor x = tg::randn({4, 6});
///     tg::Tensor gated = tg::glu(x, -1);                  // [4, 3]
///     tg::Tensor y = tg::prelu(x, tg::tensor({0.25}));  // the slope is trained

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup activations
/// @{

/// `hardtanh` to [0, 6]. Howard et al., "MobileNets", 2017.
Tensor relu6(const Tensor& x);
/// x - tanh(x).
Tensor tanhshrink(const Tensor& x);
/// x where x > threshold, else `value` with gradient 0; NaN stays, with gradient 1.
Tensor threshold(const Tensor& x, double threshold, double value);
/// a sigmoid(b) of the two halves a and b of `x` along `dim`, which is halved. Dauphin et al.,
/// ICML 2017. Errors: `ShapeError` for an odd size or a 0-d tensor, `IndexError` for a dimension
/// that `x` does not have.
Tensor glu(const Tensor& x, int dim = -1);
/// x for x > 0, else weight x; at 0 the gradient of `x` is the weight and that of the weight 0.
/// `weight`: one number, 0-d or `[1]`, or one per channel, `[C]` for `x` of `[N, C, ...]`. He et
/// al., ICCV 2015. Errors: `DTypeError` unless both are of one floating-point type, `ShapeError`
/// for another number of weights.
Tensor prelu(const Tensor& x, const Tensor& weight);
/// x for x > 0, else slope x: while `training` a slope that is drawn for each element, uniform on
/// [lower, upper), from this thread's default generator; otherwise (lower + upper) / 2. Xu and
/// others, 2015. Errors: `DTypeError` unless floating-point; `ValueError` unless lower <= upper,
/// both finite.
Tensor rrelu(const Tensor& x, double lower = 1.0 / 8, double upper = 1.0 / 3,
             Flag training = false);
/// softmax(-x) along `dim`. Errors: those of `softmax`.
Tensor softmin(const Tensor& x, int dim);

/// @}

}  // namespace tapegrad
