#pragma once

/// @file
/// How far predictions are from their targets.
///
///     tg::Tensor predicted = tg::randn({8, 1}).requires_grad_(), target = tg::randn({8, 1});
///     nn::mse_loss(predicted, target).backward();
///     nn::huber_loss(predicted, target, {.reduction = nn::Reduction::sum, .delta = 0.5});

#include <cstdint>

#include "autograd/ops/ops.h"

namespace tapegrad::nn {

/// @addtogroup losses
/// Each compares `input` (predictions) with `target` element by element, and then takes the mean or
/// the sum, or with `Reduction::none` returns the elements. Argument order and defaults are
/// PyTorch's. The mean over nothing is NaN with a gradient of no elements. In formulas x is the
/// input and y the target.
///
/// Shapes must be equal: `[N]` against `[N, 1]` would silently compare all pairs. Where PyTorch
/// broadcasts, `.broadcast = true` allows it. A weight of 0 masks an element out: value and
/// gradients are 0, be its input or target infinite, NaN or outside of what is allowed. Integers
/// are converted to the type of the floating-point argument. Errors of all: `ShapeError` for other
/// shapes, `DTypeError` when nothing is floating-point, `ValueError` for options that make no
/// sense.
///
/// The loss of classes from logits, `cross_entropy`, is an operator of the engine: see @ref rows.
/// @{

using tapegrad::cross_entropy;
using tapegrad::CrossEntropyOptions;
using tapegrad::Reduction;

/// The settings of `mse_loss` and `l1_loss`.
struct LossOptions {
  Reduction reduction = Reduction::mean;  ///< what becomes of the elements
  bool broadcast = false;                 ///< allow input and target of different shapes
};

/// The squared error, (x - y)^2.
Tensor mse_loss(const Tensor& input, const Tensor& target, const LossOptions& options = {});

/// The absolute error, |x - y|; gradient 0 where equal.
Tensor l1_loss(const Tensor& input, const Tensor& target, const LossOptions& options = {});

/// The settings of `smooth_l1_loss`.
struct SmoothL1Options {
  Reduction reduction = Reduction::mean;  ///< what becomes of the elements
  double beta = 1.0;                      ///< quadratic below this distance; 0 is `l1_loss`
  bool broadcast = false;                 ///< allow input and target of different shapes
};
/// (x - y)^2 / (2 beta) where |x - y| < beta, else |x - y| - beta / 2.
/// Girshick, "Fast R-CNN", ICCV 2015.
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                      const SmoothL1Options& options = {});

/// The settings of `huber_loss`.
struct HuberOptions {
  Reduction reduction = Reduction::mean;  ///< what becomes of the elements
  double delta = 1.0;                     ///< quadratic up to this distance; above 0
  bool broadcast = false;                 ///< allow input and target of different shapes
};
/// (x - y)^2 / 2 where |x - y| <= delta, else delta (|x - y| - delta / 2). Huber, 1964.
Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberOptions& options = {});

/// The settings of `nll_loss`.
struct NllOptions {
  Tensor weight = {};                     ///< one per class, or undefined
  std::int64_t ignore_index = -100;       ///< targets of this class count for nothing
  Reduction reduction = Reduction::mean;  ///< what becomes of the elements
};
/// -input[target], for log-probabilities `[N, C]` (or `[C]`, or `[N, C, ...]`) and classes, int64
/// `[N]` (or `[]`, or `[N, ...]`). `mean` divides by the summed weights of the counted targets:
/// NaN, with gradient 0, when all are ignored. Errors: `IndexError` for a class out of range, with
/// index and value.
Tensor nll_loss(const Tensor& input, const Tensor& target, const NllOptions& options = {});

/// The settings of `binary_cross_entropy`.
struct BceOptions {
  Tensor weight = {};  ///< factor of each element, broadcast to them, or undefined
  Reduction reduction = Reduction::mean;  ///< what becomes of the elements
};
/// -(y log x + (1 - y) log(1 - x)) for probabilities x in [0, 1]; logarithms are at least -100, and
/// the gradient (1 - y) / (1 - x) - y / x has denominators of at least 1e-12. Where x comes from a
/// sigmoid, use `binary_cross_entropy_with_logits`. Errors: `ValueError` for x outside [0, 1].
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                            const BceOptions& options = {});

/// The settings of `binary_cross_entropy_with_logits`.
struct BceWithLogitsOptions {
  Tensor weight = {};  ///< factor of each element, broadcast to them, or undefined
  Reduction reduction = Reduction::mean;  ///< what becomes of the elements
  Tensor pos_weight = {};  ///< factor of y log x, broadcast to the elements, or undefined
};
/// The logistic loss: `binary_cross_entropy` of sigmoid(input), exact for any logit. An infinite
/// logit on the right side gives 0.
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BceWithLogitsOptions& options = {});

/// The settings of `kl_div`.
struct KlDivOptions {
  Reduction reduction = Reduction::mean;  ///< what becomes of the elements
  bool log_target = false;                ///< the target holds logarithms of probabilities
  bool broadcast = false;                 ///< allow input and target of different shapes
};
/// y (log y - x) for log-probabilities x: elements of the divergence of `input` from `target`.
/// Where y is 0 the value and the gradients are 0. The divergence itself is the sum over classes,
/// so `mean`, which divides by the number of elements, is not it: use `sum` and divide by the
/// batch.
Tensor kl_div(const Tensor& input, const Tensor& target, const KlDivOptions& options = {});

/// The settings of `hinge_embedding_loss`.
struct HingeEmbeddingOptions {
  double margin = 1.0;  ///< distance from which a pair that does not belong together costs nothing
  Reduction reduction = Reduction::mean;  ///< what becomes of the elements
};
/// x where y is 1, max(0, margin - x) where y is -1; gradient -1 at the margin.
/// Errors: `ValueError` for any other y.
Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target,
                            const HingeEmbeddingOptions& options = {});

/// @}

}  // namespace tapegrad::nn
