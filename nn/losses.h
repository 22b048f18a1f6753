#pragma once

#include <cstdint>

#include "autograd/ops/ops.h"

// Losses. Each compares `input` (predictions) with `target` element by element, and then takes the
// mean or the sum, or with `Reduction::none` returns the elements. Argument order and defaults are
// PyTorch's. The mean over nothing is NaN with a gradient of no elements.
//
// Shapes must be equal: `[N]` against `[N, 1]` would silently compare all pairs. Where PyTorch
// broadcasts, `.broadcast = true` allows it. A weight of 0 masks an element out: value and
// gradients are 0, be its input or target infinite, NaN or outside of what is allowed. Integers are
// converted to the type of the floating-point argument. Errors of all: `ShapeError` for other
// shapes, `DTypeError` when nothing is floating-point, `ValueError` for options that make no sense.

namespace tapegrad::nn {

using tapegrad::cross_entropy;
using tapegrad::CrossEntropyOptions;
using tapegrad::Reduction;

struct LossOptions {
  Reduction reduction = Reduction::mean;
  bool broadcast = false;
};

/// (x - y)^2
Tensor mse_loss(const Tensor& input, const Tensor& target, const LossOptions& options = {});

/// |x - y|; gradient 0 where equal.
Tensor l1_loss(const Tensor& input, const Tensor& target, const LossOptions& options = {});

struct SmoothL1Options {
  Reduction reduction = Reduction::mean;
  double beta = 1.0;  ///< quadratic below this distance; 0 is `l1_loss`
  bool broadcast = false;
};
/// (x - y)^2 / (2 beta) where |x - y| < beta, else |x - y| - beta / 2. Girshick, "Fast R-CNN", ICCV
/// 2015.
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target,
                      const SmoothL1Options& options = {});

struct HuberOptions {
  Reduction reduction = Reduction::mean;
  double delta = 1.0;  ///< quadratic up to this distance; above 0
  bool broadcast = false;
};
/// (x - y)^2 / 2 where |x - y| <= delta, else delta (|x - y| - delta / 2). Huber, 1964.
Tensor huber_loss(const Tensor& input, const Tensor& target, const HuberOptions& options = {});

struct NllOptions {
  Tensor weight = {};                ///< one per class, or undefined
  std::int64_t ignore_index = -100;  ///< targets of this class count for nothing
  Reduction reduction = Reduction::mean;
};
/// -input[target], for log-probabilities `[N, C]` (or `[C]`, or `[N, C, ...]`) and classes, int64
/// `[N]` (or `[]`, or `[N, ...]`). `mean` divides by the summed weights of the counted targets: NaN,
/// with gradient 0, when all are ignored. Errors: `IndexError` for a class out of range, with index
/// and value.
Tensor nll_loss(const Tensor& input, const Tensor& target, const NllOptions& options = {});

struct BceOptions {
  Tensor weight = {};  ///< factor of each element, broadcast to them, or undefined
  Reduction reduction = Reduction::mean;
};
/// -(y log x + (1 - y) log(1 - x)) for probabilities x in [0, 1]; logarithms are at least -100, and
/// the gradient (1 - y) / (1 - x) - y / x has denominators of at least 1e-12. Where x comes from a
/// sigmoid, use `binary_cross_entropy_with_logits`. Errors: `ValueError` for x outside [0, 1].
Tensor binary_cross_entropy(const Tensor& input, const Tensor& target,
                            const BceOptions& options = {});

struct BceWithLogitsOptions {
  Tensor weight = {};  ///< factor of each element, broadcast to them, or undefined
  Reduction reduction = Reduction::mean;
  Tensor pos_weight = {};  ///< factor of y log x, broadcast to the elements, or undefined
};
/// The logistic loss: `binary_cross_entropy` of sigmoid(input), exact for any logit. An infinite
/// logit on the right side gives 0.
Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BceWithLogitsOptions& options = {});

struct KlDivOptions {
  Reduction reduction = Reduction::mean;
  bool log_target = false;  ///< the target holds logarithms of probabilities
  bool broadcast = false;
};
/// y (log y - x) for log-probabilities x: elements of the divergence of `input` from `target`.
/// Where y is 0 the value and the gradients are 0. The divergence itself is the sum over classes,
/// so `mean`, which divides by the number of elements, is not it: use `sum` and divide by the
/// batch.
Tensor kl_div(const Tensor& input, const Tensor& target, const KlDivOptions& options = {});

struct HingeEmbeddingOptions {
  double margin = 1.0;
  Reduction reduction = Reduction::mean;
};
/// x where y is 1, max(0, margin - x) where y is -1; gradient -1 at the margin.
/// Errors: `ValueError` for any other y.
Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target,
                            const HingeEmbeddingOptions& options = {});

}  // namespace tapegrad::nn
