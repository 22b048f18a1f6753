#include "nn/train/parameter_watch.h"

#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::nn::detail {

namespace {
constexpr std::int64_t kLooksPerEpoch = 8;
constexpr std::size_t kNumbers = 3;  // of a parameter in the state
}  // namespace

ParameterWatch::ParameterWatch(std::vector<Parameter> parameters)
    : parameters_(std::move(parameters)), sums_(parameters_.size()), values_(parameters_.size()) {}

bool ParameterWatch::looks_at(std::int64_t step, std::int64_t steps) noexcept {
  return steps <= kLooksPerEpoch || step * kLooksPerEpoch % steps < kLooksPerEpoch;
}

void ParameterWatch::before() {
  const NoGrad no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor gradient = parameters_[i].value.grad();
    values_[i] = gradient.defined() ? parameters_[i].value.clone() : Tensor();
    if (!gradient.defined()) continue;
    sums_[i].gradients += norm(gradient).item();
    ++sums_[i].seen;
  }
}

void ParameterWatch::after() {
  const NoGrad no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (!values_[i].defined()) continue;
    sums_[i].updates += dist(parameters_[i].value, values_[i]).item();
    values_[i] = Tensor();
  }
}

std::vector<ParameterRecord> ParameterWatch::records() const {
  const NoGrad no_grad;
  std::vector<ParameterRecord> list;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& value = parameters_[i].value;
    const auto seen = static_cast<double>(sums_[i].seen);
    list.push_back({.name = parameters_[i].name,
                    .largest = value.numel() > 0 ? amax(abs(value)).item() : 0,
                    .norm = norm(value).item(),
                    .gradient = sums_[i].gradients / seen,
                    .update = sums_[i].updates / seen});
  }
  return list;
}

void ParameterWatch::clear() { sums_.assign(parameters_.size(), Sums{}); }

Tensor ParameterWatch::state() const {
  std::vector<double> list;
  for (const Sums& sums : sums_) {
    list.push_back(sums.gradients);
    list.push_back(sums.updates);
    list.push_back(static_cast<double>(sums.seen));
  }
  return tensor(list, float64);
}

void ParameterWatch::set(const Tensor& state) {
  const auto list = state.data<double>();
  if (list.size() != kNumbers * sums_.size())
    fail<ValueError>("Trainer: the checkpoint is of a training of {} parameters, this has {}",
                     list.size() / kNumbers, sums_.size());
  for (std::size_t i = 0; i < sums_.size(); ++i)
    sums_[i] = {.gradients = list[kNumbers * i],
                .updates = list[kNumbers * i + 1],
                .seen = static_cast<std::int64_t>(list[kNumbers * i + 2])};
}

}  // namespace tapegrad::nn::detail
