#include "nn/train/metric.h"

#include <algorithm>
#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::nn::detail {

namespace {

Measured mean_of(const Metric& metric, const double* sums) {
  const double number = sums[0];
  Measured measured{.name = metric.name, .value = sums[1] / number, .share = sums[3] == 0};
  if (measured.share && number > 0) {
    measured.interval =
        wilson_interval(static_cast<std::int64_t>(sums[1]), static_cast<std::int64_t>(number));
  } else if (number > 1) {
    // Rounding may leave less than nothing where all are equal.
    const double variance = std::max(sums[2] - sums[1] * measured.value, 0.0) / (number - 1);
    const double half = 1.96 * std::sqrt(variance / number);
    measured.interval = {.low = measured.value - half, .high = measured.value + half};
  }
  return measured;
}

}  // namespace

double checked_loss(const char* user, const Tensor& loss) {
  if (!loss.defined() || loss.numel() != 1)
    fail<ValueError>("{}: the loss must be one number, the mean over the examples, but is {}", user,
                     loss.defined() ? fmt::format("of shape {}", loss.shape()) : "undefined");
  return loss.item();
}

void ScoreSums::clear() { sums_.assign(2 + kEach * metrics_->size(), 0.0); }

void ScoreSums::add(const Tensor& outputs, const Tensor& targets, double loss,
                    std::int64_t examples) {
  const NoGrad no_grad;
  std::vector<double> sums = sums_;
  sums[0] += static_cast<double>(examples);
  sums[1] += loss * static_cast<double>(examples);
  double* own = sums.data() + 2;
  for (const Metric& metric : *metrics_) {
    const Tensor values = metric.of_examples(outputs, targets);
    if (!values.defined() || values.dim() != 1)
      fail<ShapeError>(
          "metric '{}': it returns a number for each example, [N], but returned {}; take means "
          "over all dimensions but the first",
          metric.name, values.defined() ? fmt::format("{}", values.shape()) : "nothing");
    own[0] += static_cast<double>(values.numel());
    if (values.dtype() == boolean) {
      own[1] += sum(values).item();
    } else {
      const Tensor numbers = values.to(float64);
      own[1] += sum(numbers).item();
      own[2] += sum(numbers * numbers).item();
      own[3] = 1;
    }
    own += kEach;
  }
  sums_ = std::move(sums);
}

Score ScoreSums::score() const {
  Score score{.examples = examples(), .loss = loss(), .metrics = {}};
  const double* own = sums_.data() + 2;
  for (const Metric& metric : *metrics_) {
    score.metrics.push_back(mean_of(metric, own));
    own += kEach;
  }
  return score;
}

Tensor ScoreSums::state() const { return tensor(sums_, float64); }

void ScoreSums::set(const Tensor& state) {
  const auto list = state.data<double>();
  if (list.size() != sums_.size())
    fail<ValueError>("Trainer: the checkpoint is of a training with {} metrics, this has {}",
                     (list.size() - 2) / kEach, metrics_->size());
  sums_.assign(list.begin(), list.end());
}

}  // namespace tapegrad::nn::detail
