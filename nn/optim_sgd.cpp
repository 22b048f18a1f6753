#include "nn/optim_sgd.h"

#include "autograd/ops/optim_steps.h"
#include "nn/option_check.h"

namespace tapegrad::nn {

void SGDOptions::check() const {
  detail::check_not_negative("SGD", "lr", lr);
  detail::check_not_negative("SGD", "momentum", momentum);
  detail::check_not_negative("SGD", "weight_decay", weight_decay);
  if (!std::isfinite(dampening))
    fail<ValueError>("SGD: dampening must be finite, but is {}", dampening);
  if (nesterov && (momentum == 0 || dampening != 0))
    fail<ValueError>("SGD: nesterov needs momentum above 0 and dampening 0, but they are {} and {}",
                     momentum, dampening);
}

SGD::SGD(std::vector<Parameter> parameters, const SGDOptions& options)
    : OptimizerOf({"SGD", {"momentum_buffer"}}, std::move(parameters), options) {}

void SGD::update(std::size_t group, Entry& entry, const Tensor& grad) {
  const SGDOptions& o = options(group);
  Tensor& buffer = entry.slots[0];
  sgd_step(entry.parameter.value, grad, buffer,
           {.lr = o.lr,
            .momentum = o.momentum,
            .dampening = o.dampening,
            .weight_decay = o.weight_decay,
            .nesterov = o.nesterov,
            .first = !buffer.defined(),
            .maximize = o.maximize});
}

}  // namespace tapegrad::nn
