#pragma once

/// @file
/// Random numbers whose distributions tensors say: normal numbers of many means, events, choices.
///
///     tg::Tensor noisy = tg::normal(tg::zeros({3}), tg::tensor({0.1, 1.0, 10.0}));
///     tg::Tensor weights = tg::tensor({1.0, 2.0, 7.0});
///     tg::Tensor chosen = tg::multinomial(weights, 5, true);  // 5 indices, with replacement

#include "autograd/tensor/create/distributions.h"

namespace tapegrad {

/// @addtogroup random
/// Numbers whose distributions tensors say have no history: no gradient goes to a mean, a
/// deviation, a rate or a probability, where PyTorch gives zeros or nothing.
/// @{

/// Normal numbers, each of its own mean and standard deviation, which broadcast and may be C++
/// numbers; of their common type. Errors: `ShapeError`; `DTypeError` unless that is floating-point;
/// `ValueError` for a negative deviation or NaN as one.
Tensor normal(const Tensor& mean, const Tensor& std = 1.0,
              Generator& generator = default_generator());
/// 1 with the probability that is the element of `p`, else 0; of its shape and element type.
/// Errors: `DTypeError` unless floating-point; `ValueError` for what is no probability.
Tensor bernoulli(const Tensor& p, Generator& generator = default_generator());

/// How many events there are where the element of `rates` is what is to be expected (Poisson):
/// whole numbers, of its shape and element type. By W. Hoermann, The transformed rejection method
/// for generating Poisson random variables (1993). Errors: `DTypeError` unless floating-point;
/// `ValueError` for a rate that is negative or not finite.
Tensor poisson(const Tensor& rates, Generator& generator = default_generator());

/// `num_samples` indices of each row, int64: of `input` `[n]` or `[rows, n]`, whose elements are
/// weights and need not add up to 1. With `replacement` each draw is from the whole row; else no
/// index comes twice, as if the weights of those drawn before were 0 (P. Efraimidis, P. Spirakis,
/// Weighted random sampling with a reservoir, 2006). An index of weight 0 is never drawn. Errors:
/// `DTypeError` unless floating-point; `ShapeError` for other shapes; `ValueError` for no samples,
/// for weights that are negative or not finite, for a row of zeros, and without replacement for
/// more samples than weights that are not 0.
Tensor multinomial(const Tensor& input, Integer num_samples, Flag replacement = false,
                   Generator& generator = default_generator());

/// @}

}  // namespace tapegrad
