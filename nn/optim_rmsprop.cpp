#include "nn/optim_rmsprop.h"

#include "autograd/ops/optim_steps.h"
#include "nn/option_check.h"

namespace tapegrad::nn {

void RMSpropOptions::check() const {
  detail::check_not_negative("RMSprop", "lr", lr);
  detail::check_decay("RMSprop", "alpha", alpha);
  detail::check_not_negative("RMSprop", "eps", eps);
  detail::check_not_negative("RMSprop", "weight_decay", weight_decay);
  detail::check_not_negative("RMSprop", "momentum", momentum);
}

RMSprop::RMSprop(std::vector<Parameter> parameters, const RMSpropOptions& options)
    : OptimizerOf({"RMSprop", {"square_avg", "momentum_buffer", "grad_avg"}, 1},
                  std::move(parameters), options) {}

void RMSprop::update(std::size_t group, Entry& entry, const Tensor& grad) {
  const RMSpropOptions& o = options(group);
  auto& [square, momentum, mean] = entry.slots;
  rmsprop_step(entry.parameter.value, grad, square, momentum, mean,
               {.lr = o.lr,
                .alpha = o.alpha,
                .eps = o.eps,
                .weight_decay = o.weight_decay,
                .momentum = o.momentum,
                .centered = o.centered,
                .maximize = o.maximize});
}

}  // namespace tapegrad::nn
