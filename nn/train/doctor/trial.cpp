#include <algorithm>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/random.h"
#include "autograd/transforms/backward.h"
#include "nn/optim/adam.h"
#include "nn/train/doctor/examples.h"

namespace tapegrad::nn::detail {

namespace {

/// So few that models of any size that work at all can tell them apart.
constexpr std::int64_t kTrialExamples = 8;
constexpr int kTrialSteps = 200;
/// Tried one after the other: no single one suits all models.
constexpr double kTrialRates[] = {1e-2, 1e-3};
/// Learned: a tenth of the loss is left, or less than without the inputs.
constexpr double kLittleLeft = 0.1, kLessThanWithout = 0.9;

/// The losses of a trial before and after.
struct Course {
  double first, last;
};

Tensor loss_of(const Trial& trial, const Batch& batch) {
  const Tensor loss = trial.loss(batch.inputs, batch.targets);
  return loss.numel() == 1 ? loss : sum(loss);
}

/// Trains a copy by gradients that never become those of a tensor, so that a loss which calls the
/// model itself, and not the copy, leaves no trace there.
Course train(const Trial& trial, const Batch& batch, double lr) {
  std::vector<Parameter> trained;
  std::vector<Tensor> values;
  for (const Parameter& each : trial.parameters) {
    if (!each.value.requires_grad()) continue;
    trained.push_back(each);
    values.push_back(each.value);
  }
  Course course{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  if (trained.empty()) return course;
  Adam optimizer(trained, {.lr = lr, .warn_unused = false});
  for (int step = 0; step < kTrialSteps; ++step) {
    const Tensor loss = loss_of(trial, batch);
    course.last = loss.item();
    if (step == 0) course.first = course.last;
    if (!loss.requires_grad() || course.last < kLittleLeft * course.first) break;
    const std::vector<Tensor> gradients = grad({loss}, values, {.allow_unused = true});
    for (std::size_t i = 0; i < values.size(); ++i) values[i].set_grad(gradients[i]);
    optimizer.step();
  }
  return course;
}

}  // namespace

void try_few_examples(const std::function<Trial()>& make, const Batch& batch, std::int64_t step,
                      Findings& findings) {
  const EnableGrad enable_grad;
  const SameRandomNumbers same;
  Batch few = batch;
  const std::int64_t size = batch.inputs.dim() > 0 ? batch.inputs.size(0) : 0;
  if (size < 2 || batch.targets.dim() == 0 || batch.targets.size(0) != size) return;
  const std::int64_t count = std::min(size, kTrialExamples);
  few.inputs = narrow(batch.inputs, 0, 0, count);
  few.targets = narrow(batch.targets, 0, 0, count);
  const Batch alike{expand(narrow(few.inputs, 0, 0, 1), few.inputs.shape()), few.targets};
  Course with{}, without{};
  for (const double lr : kTrialRates) {
    with = train(make(), few, lr);
    if (!(with.first > 0) || with.last < kLittleLeft * with.first) return;  // or it is no such loss
    without = train(make(), alike, lr);
    if (with.last < kLessThanWithout * without.last) return;
  }
  findings.add(
      Finding::Kind::cannot_overfit, "the loss", step,
      fmt::format("The training loss does not fall. A copy of the model was trained on {} "
                  "examples alone: in {} steps their loss went from {:.3g} to {:.3g}, and to "
                  "{:.3g} when all had the inputs of the first.",
                  count, kTrialSteps, with.first, with.last, without.last),
      "A sound model learns so few examples by heart; this one makes nothing of its inputs.",
      "Look for a detach() or NoGrad on the way, for units that are dead or saturated, and "
      "whether the loss is that of the outputs.");
}

}  // namespace tapegrad::nn::detail
