#include "nn/optim_adagrad.h"

#include "autograd/ops/optim_steps.h"
#include "autograd/tensor/create.h"
#include "nn/option_check.h"

namespace tapegrad::nn {

void AdagradOptions::check() const {
  detail::check_not_negative("Adagrad", "lr", lr);
  detail::check_not_negative("Adagrad", "lr_decay", lr_decay);
  detail::check_not_negative("Adagrad", "weight_decay", weight_decay);
  detail::check_not_negative("Adagrad", "initial_accumulator_value", initial_accumulator_value);
  detail::check_not_negative("Adagrad", "eps", eps);
}

Adagrad::Adagrad(std::vector<Parameter> parameters, const AdagradOptions& options)
    : OptimizerOf({"Adagrad", {"sum"}, 1}, std::move(parameters), options) {}

void Adagrad::update(std::size_t group, Entry& entry, const Tensor& grad) {
  const AdagradOptions& o = options(group);
  Tensor& sum = entry.slots[0];
  if (!sum.defined()) sum = full_like(entry.parameter.value, o.initial_accumulator_value);
  const double lr = o.lr / (1 + static_cast<double>(entry.step - 1) * o.lr_decay);
  adagrad_step(entry.parameter.value, grad, sum,
               {.lr = lr, .eps = o.eps, .weight_decay = o.weight_decay, .maximize = o.maximize});
}

}  // namespace tapegrad::nn
