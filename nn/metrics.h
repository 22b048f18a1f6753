#pragma once

#include <cstdint>

#include "autograd/tensor/tensor.h"

namespace tapegrad::nn {

/// The classes, int64 `[N]`, that scores stand for: the first largest of `[N, C]`; of `[N]` or `[N,
/// 1]` (logits of a yes-or-no question) 1 where above 0; classes themselves, int64 `[N]`, as they
/// are. Errors: `ShapeError` for other shapes.
Tensor predicted_classes(const Tensor& scores);

/// Share of the samples whose predicted class is the target, int64 `[N]` (or `[N, 1]`). NaN for no
/// samples. Errors: `ShapeError`, `DTypeError`; `IndexError` for a target that the scores have no
/// column for.
double accuracy(const Tensor& scores, const Tensor& target);

/// Share of the samples whose predicted class is not the target: 1 - `accuracy`.
double zero_one_loss(const Tensor& scores, const Tensor& target);

/// int64 `[C, C]`: how often a sample of class `row` was taken for class `column`. C is that of the
/// scores, or else the largest class + 1, unless given. Errors: as for `accuracy`; `IndexError` for
/// a class >= C, or one that passes 32,767; `ValueError` for `num_classes` outside [-1, 32,768].
Tensor confusion_matrix(const Tensor& scores, const Tensor& target, std::int64_t num_classes = -1);

struct Interval {
  double low, high;
};

/// Where the true rate lies, with 95 % confidence, when `successes` of `trials` succeeded; [0, 1]
/// for no trials. Wilson, "Probable inference, the law of succession, and statistical inference",
/// 1927. Errors: `ValueError` unless 0 <= successes <= trials.
Interval wilson_interval(std::int64_t successes, std::int64_t trials);

}  // namespace tapegrad::nn
