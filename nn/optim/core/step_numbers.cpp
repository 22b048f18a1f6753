#include "nn/optim/core/step_numbers.h"

#include <cmath>

namespace tapegrad::nn::detail {

void BiasCorrection::update(const std::array<double, 2>& new_betas, std::int64_t new_step) {
  if (new_step == step && new_betas == betas) return;
  step = new_step;
  betas = new_betas;
  for (std::size_t i = 0; i < betas.size(); ++i)
    values[i] = 1 - std::pow(betas[i], static_cast<double>(step));
}

double decayed_lr(double lr, double decay, std::int64_t step) {
  return lr / (1 + static_cast<double>(step - 1) * decay);
}

}  // namespace tapegrad::nn::detail
