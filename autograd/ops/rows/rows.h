#pragma once

/// @file
/// What is done to rows: softmax and its relatives, the loss of classes, normalisation, dropout.
/// Fused, and without overflow for any logits.
///
///     tg::Tensor logits = tg::randn({4, 10}).requires_grad_();
///     tg::Tensor classes = tg::tensor({3, 0, 9, 1});
///     tg::cross_entropy(logits, classes, {.label_smoothing = 0.1}).backward();
///     tg::Tensor probabilities = tg::softmax(logits, 1);

#include <cstdint>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

struct OperatorInfo;

/// @addtogroup rows
/// A common offset of the elements of a row changes neither softmax nor normalisation. Errors of
/// all: `DTypeError` unless floating-point (`masked_softmax` takes integers as the default type).
/// @{

/// exp(x) / sum(exp(x)) along `dim`, without overflow. A row of -inf alone gives NaN: see
/// `masked_softmax`.
Tensor softmax(const Tensor& x, int dim);
/// x - log(sum(exp(x))) along `dim`: the logarithm of `softmax`, exact where that is near 0.
Tensor log_softmax(const Tensor& x, int dim);
/// softmax over the entries where `mask` holds; 0 elsewhere, and 0 in a row where these are all
/// -inf or none. What stands elsewhere, NaN too, does not matter, neither here nor in the gradient.
/// `x` and `mask` broadcast; a mask `[n]`, or `[n, n]` for a batch `[b, n, n]`, is not copied.
/// Errors: `DTypeError` unless `mask` is bool, `ShapeError` unless the shapes broadcast.
Tensor masked_softmax(const Tensor& x, const Tensor& mask, int dim);

/// What a loss makes of its elements.
enum class Reduction {
  none,  ///< returns them
  mean,  ///< their mean
  sum    ///< their sum
};

/// How `cross_entropy` compares.
struct CrossEntropyOptions {
  Tensor weight = {};                     ///< one per class, or undefined
  std::int64_t ignore_index = -100;       ///< targets of this class count for nothing
  Reduction reduction = Reduction::mean;  ///< what becomes of the samples' losses
  /// In [0, 1]: this share of the target goes to all classes evenly. Szegedy et al., CVPR 2016.
  double label_smoothing = 0.0;
};
/// Cross-entropy between logits `[N, C]` (or `[C]`, or `[N, C, ...]`) and `target`: classes, int64
/// `[N]`, or probabilities of the logits' shape. `mean` divides by the summed weights of the
/// counted targets: NaN, with gradient 0, when all are ignored. Errors: `IndexError` for a class
/// out of range, with index and value.
Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options = {});

/// (x - mean) / sqrt(var + eps) over the trailing dimensions `normalized_shape`, times `weight`,
/// plus `bias` (each of that shape, or undefined). Ba, Kiros and Hinton, 2016.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);

/// Sets elements to 0 with probability `p` and scales the rest by 1 / (1 - p), while `training`.
/// Draws from this thread's default generator. Srivastava et al., JMLR 2014. Errors: `ValueError`
/// unless 0 <= p <= 1.
Tensor dropout(const Tensor& x, Real p = 0.5, Flag training = true);

/// @}

/// @cond
namespace detail {
/// The cases that prove each operator of this family; they stand beside its rule.
/// @{
[[gnu::cold]] OperatorInfo softmax_cases(), masked_softmax_cases(), log_softmax_cases(),
    cross_entropy_cases(), layer_norm_cases(), dropout_cases();
inline constexpr OperatorInfo (*kRowCases[])() = {softmax_cases,     masked_softmax_cases,
                                                  log_softmax_cases, cross_entropy_cases,
                                                  layer_norm_cases,  dropout_cases};
/// @}
}  // namespace detail
/// @endcond

}  // namespace tapegrad
