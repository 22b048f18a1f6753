#pragma once

/// @file
/// How good predictions of classes are, and how sure that is.
///
///     tg::Tensor scores = tg::tensor({{2.0, 1.0}, {0.0, 3.0}}), classes = tg::tensor({0, 1});
///     fmt::print("{:.0f} %\n", 100 * nn::accuracy(scores, classes));
///     const nn::Interval interval = nn::wilson_interval(95, 100);

#include <cstdint>

#include "autograd/tensor/tensor.h"

namespace tapegrad::nn {

/// @addtogroup metrics
/// @{

/// How scores of one column become classes.
struct ScoreOptions {
  /// Yes where the score is above it: 0 for logits, 0.5 for probabilities (what `sigmoid` gives).
  /// Never guessed from the values.
  double threshold = 0;
};

/// The classes, int64 `[N]`, that scores stand for: the first largest of `[N, C]`; of `[N]` or `[N,
/// 1]` (logits of a yes-or-no question, unless `threshold` says otherwise) 1 where above the
/// threshold; classes themselves, int64 `[N]`, as they are. Errors: `ShapeError` for other shapes;
/// `ValueError` for a threshold that is NaN, or another than 0 where there is more than one column.
Tensor predicted_classes(const Tensor& scores, const ScoreOptions& options = {});

/// Of each sample, bool `[N]`, whether its predicted class is the target: what `accuracy` is the
/// mean of, and with its errors.
Tensor correct(const Tensor& scores, const Tensor& target, const ScoreOptions& options = {});

/// Share of the samples whose predicted class is the target, int64 `[N]` (or `[N, 1]`). Scores of
/// one column are logits: for probabilities pass `{.threshold = 0.5}`. NaN for no samples. Errors:
/// those of `predicted_classes`; `ShapeError`, `DTypeError`; `IndexError` for a target that the
/// scores have no column for.
double accuracy(const Tensor& scores, const Tensor& target, const ScoreOptions& options = {});

/// Share of the samples whose predicted class is not the target: 1 - `accuracy`.
double zero_one_loss(const Tensor& scores, const Tensor& target, const ScoreOptions& options = {});

/// int64 `[C, C]`: how often a sample of class `row` was taken for class `column`. C is that of the
/// scores, or else the largest class + 1, unless given. Errors: as for `accuracy`; `IndexError` for
/// a class >= C, or one that passes 32,767; `ValueError` for `num_classes` outside [-1, 32,768].
Tensor confusion_matrix(const Tensor& scores, const Tensor& target, std::int64_t num_classes = -1,
                        const ScoreOptions& options = {});

/// What `wilson_interval` gives.
struct Interval {
  double low;   ///< the lower end
  double high;  ///< the upper end
};

/// Where the true rate lies, with 95 % confidence, when `successes` of `trials` succeeded; [0, 1]
/// for no trials. Errors: `ValueError` unless 0 <= successes <= trials. Wilson, 1927, "Probable
/// inference, the law of succession, and statistical inference".
Interval wilson_interval(std::int64_t successes, std::int64_t trials);

/// @}

}  // namespace tapegrad::nn
