#include "nn/metrics/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"

namespace tapegrad::nn {

using tapegrad::detail::fail_class;
using tapegrad::detail::require_classes;
using tapegrad::detail::require_defined;
using tapegrad::detail::require_int64;
using tapegrad::detail::require_same_shape;

namespace {

/// A confusion matrix of more classes would take over 8 GB: such a class is a mistake.
constexpr std::int64_t kMostClasses = 1 << 15;

bool one_score_per_class(const Tensor& scores) {
  return scores.dim() == 2 && scores.size(1) > 1 && scores.dtype() != int64;
}

/// Number of classes that scores can tell apart, or -1 for scores that are classes already.
std::int64_t class_count(const char* name, const Tensor& scores) {
  require_defined(scores, "the scores", name);
  if (scores.dtype() == int64) return -1;
  return one_score_per_class(scores) ? scores.size(1) : 2;
}

/// `predicted_classes` on behalf of `name`.
Tensor classes_of(const char* name, const Tensor& scores, const ScoreOptions& options) {
  require_defined(scores, "the scores", name);
  const NoGrad no_grad;
  if (std::isnan(options.threshold)) fail<ValueError>("{}: the threshold is NaN", name);
  if (options.threshold != 0 && (scores.dtype() == int64 || one_score_per_class(scores)))
    fail<ValueError>(
        "{}: a threshold of {} is for one column of scores, but they are {} {}; leave it out", name,
        options.threshold, scores.dtype(), scores.shape());
  if (scores.dtype() == int64 && scores.dim() == 1) return scores;
  if (scores.dtype() == int64 || scores.dtype() == boolean || scores.dim() == 0 ||
      scores.dim() > 2 || (scores.dim() == 2 && scores.size(1) == 0)) {
    fail<ShapeError>(
        "{}: scores are floating-point [N, C], [N, 1] or [N], or int64 classes [N]; got {} {}",
        name, scores.dtype(), scores.shape());
  }
  if (one_score_per_class(scores)) return argmax(scores, 1);
  return reshape(scores > options.threshold, scores.size(0)).to(int64);
}

/// Predicted and true classes, checked against each other and against the number of classes.
struct Classes {
  Tensor predicted, target;

  Classes(const char* name, const Tensor& scores, const Tensor& given, std::int64_t num_classes,
          const ScoreOptions& options)
      : predicted(classes_of(name, scores, options)), target(given) {
    require_defined(target, "the target", name);
    if (target.dim() == 2 && target.size(1) == 1) target = reshape(target, target.size(0));
    if (one_score_per_class(scores)) require_classes(scores, target, "scores", name, false);
    require_int64("the target classes", target.dtype(), name);
    require_same_shape("target", target.shape(), "prediction", predicted.shape(), name);
    check(name, "target", target, num_classes);
    check(name, "prediction", predicted, num_classes);
  }

  static void check(const char* name, const char* what, const Tensor& classes,
                    std::int64_t num_classes) {
    const auto values = classes.data<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] >= 0 && (num_classes < 0 || values[i] < num_classes)) continue;
      const std::string which = fmt::format("{} {}", what, i);
      if (num_classes >= 0) fail_class(which, values[i], num_classes, name);
      fail<IndexError>("{}: {} is class {}, but classes are not negative", name, which, values[i]);
    }
  }
};

/// `correct` on behalf of `name`.
Tensor correct_of(const char* name, const Tensor& scores, const Tensor& target,
                  const ScoreOptions& options) {
  const Classes classes(name, scores, target, class_count(name, scores), options);
  return classes.predicted == classes.target;
}

std::int64_t largest_class(const Tensor& classes) {
  return classes.numel() == 0 ? -1 : max(classes).item<std::int64_t>();
}

}  // namespace

Tensor predicted_classes(const Tensor& scores, const ScoreOptions& options) {
  return classes_of("predicted_classes", scores, options);
}

Tensor correct(const Tensor& scores, const Tensor& target, const ScoreOptions& options) {
  return correct_of("correct", scores, target, options);
}

double accuracy(const Tensor& scores, const Tensor& target, const ScoreOptions& options) {
  const Tensor right = correct_of("accuracy", scores, target, options);
  if (right.numel() == 0) return std::numeric_limits<double>::quiet_NaN();
  return sum(right).item() / static_cast<double>(right.numel());
}

double zero_one_loss(const Tensor& scores, const Tensor& target, const ScoreOptions& options) {
  return 1 - accuracy(scores, target, options);
}

Tensor confusion_matrix(const Tensor& scores, const Tensor& target, std::int64_t num_classes,
                        const ScoreOptions& options) {
  if (num_classes < -1 || num_classes > kMostClasses) {
    fail<ValueError>("confusion_matrix: num_classes must be at most {}, or -1, but is {}",
                     kMostClasses, num_classes);
  }
  if (num_classes < 0) num_classes = class_count("confusion_matrix", scores);
  const Classes classes("confusion_matrix", scores, target, num_classes, options);
  if (num_classes < 0) {
    const std::int64_t largest =
        std::max(largest_class(classes.predicted), largest_class(classes.target));
    if (largest >= kMostClasses) {
      fail<IndexError>("confusion_matrix: class {} is too large for a matrix of at most {} classes",
                       largest, kMostClasses);
    }
    num_classes = largest + 1;
  }
  Tensor matrix = zeros({num_classes, num_classes}, int64);
  const auto predicted = classes.predicted.data<std::int64_t>();
  const auto truth = classes.target.data<std::int64_t>();
  matrix.write<std::int64_t>([&](std::span<std::int64_t> counts) {
    for (std::size_t i = 0; i < truth.size(); ++i) {
      ++counts[static_cast<std::size_t>(truth[i] * num_classes + predicted[i])];
    }
  });
  return matrix;
}

Interval wilson_interval(std::int64_t successes, std::int64_t trials) {
  if (successes < 0 || successes > trials) {
    fail<ValueError>("wilson_interval: {} successes of {} trials are impossible", successes,
                     trials);
  }
  if (trials == 0) return {0, 1};
  constexpr double z = 1.959963984540054;  // 97.5 % of a normal distribution lie below
  const double n = static_cast<double>(trials);
  const double rate = static_cast<double>(successes) / n;
  const double centre = (rate + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(rate * (1 - rate) / n + z * z / (4 * n * n));
  // At the ends the formula gives exactly 0 and 1, but for rounding.
  return {successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half};
}

}  // namespace tapegrad::nn
