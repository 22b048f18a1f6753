#include "nn/optim_adam.h"

#include "autograd/ops/optim_steps.h"
#include "nn/option_check.h"

namespace tapegrad::nn {

namespace {

template <class Options>
void check_adam(std::string_view name, const Options& options) {
  detail::check_not_negative(name, "lr", options.lr);
  detail::check_decay(name, "beta1", options.betas[0]);
  detail::check_decay(name, "beta2", options.betas[1]);
  detail::check_not_negative(name, "eps", options.eps);
  detail::check_not_negative(name, "weight_decay", options.weight_decay);
}

template <class Options>
AdamStep adam(const Options& options, bool decoupled, std::int64_t step,
              detail::BiasCorrection& bias) {
  bias.update(options.betas, step);
  return {.lr = options.lr,
          .beta1 = options.betas[0],
          .beta2 = options.betas[1],
          .eps = options.eps,
          .weight_decay = options.weight_decay,
          .decoupled = decoupled,
          .bias1 = bias.values[0],
          .bias2 = bias.values[1],
          .amsgrad = options.amsgrad,
          .maximize = options.maximize};
}

}  // namespace

namespace detail {

void BiasCorrection::update(const std::array<double, 2>& new_betas, std::int64_t new_step) {
  if (new_step == step && new_betas == betas) return;
  step = new_step;
  betas = new_betas;
  for (std::size_t i = 0; i < betas.size(); ++i)
    values[i] = 1 - std::pow(betas[i], static_cast<double>(step));
}

}  // namespace detail

void AdamOptions::check() const { check_adam("Adam", *this); }
void AdamWOptions::check() const { check_adam("AdamW", *this); }

Adam::Adam(std::vector<Parameter> parameters, const AdamOptions& options)
    : OptimizerOf({"Adam", {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, 2}, std::move(parameters),
                  options) {}

void Adam::update(std::size_t group, Entry& entry, const Tensor& grad) {
  auto& [mean, square, largest] = entry.slots;
  adam_step(entry.parameter.value, grad, mean, square, largest,
            adam(options(group), false, entry.step, bias_));
}

AdamW::AdamW(std::vector<Parameter> parameters, const AdamWOptions& options)
    : OptimizerOf({"AdamW", {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, 2}, std::move(parameters),
                  options) {}

void AdamW::update(std::size_t group, Entry& entry, const Tensor& grad) {
  auto& [mean, square, largest] = entry.slots;
  adam_step(entry.parameter.value, grad, mean, square, largest,
            adam(options(group), true, entry.step, bias_));
}

}  // namespace tapegrad::nn
