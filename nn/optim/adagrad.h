#pragma once

/// @file
/// Adagrad: each weight has a rate of its own, which falls with the gradients it has had.
///
///     nn::Linear net(3, 1);
///     nn::Adagrad optimizer(nn::parameters(net), {.lr = 0.05});

#include "autograd/tensor/create/create.h"
#include "nn/module/option_check.h"
#include "nn/optim/core/optimizer.h"
#include "nn/optim/core/step_numbers.h"
#include "nn/optim/formulas.h"

namespace tapegrad::nn {

/// @addtogroup optimizers
/// @{

/// The settings of `Adagrad`.
struct AdagradOptions {
  double lr = 1e-2;                      ///< learning rate
  double lr_decay = 0;                   ///< step t uses lr / (1 + (t - 1) lr_decay)
  double weight_decay = 0;               ///< added to the gradient: weight_decay * parameter
  double initial_accumulator_value = 0;  ///< what the sum of g^2 starts from
  double eps = 1e-10;                    ///< keeps the quotient finite; outside the root
  bool maximize = false;                 ///< climbs instead
  bool warn_unused = true;               ///< see `Optimizer::step`
  bool check_finite = false;             ///< see `Optimizer::step`

  /// Errors: `ValueError` for a number that is negative or not finite.
  void check() const {
    detail::check_not_negative("Adagrad", "lr", lr);
    detail::check_not_negative("Adagrad", "lr_decay", lr_decay);
    detail::check_not_negative("Adagrad", "weight_decay", weight_decay);
    detail::check_not_negative("Adagrad", "initial_accumulator_value", initial_accumulator_value);
    detail::check_not_negative("Adagrad", "eps", eps);
  }
  /// Calls f(name, value) for every setting.
  static void visit(auto& options, auto f) {
    f("lr", options.lr);
    f("lr_decay", options.lr_decay);
    f("weight_decay", options.weight_decay);
    f("initial_accumulator_value", options.initial_accumulator_value);
    f("eps", options.eps);
    f("maximize", options.maximize);
  }
};

/// Adagrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
/// stochastic optimization", JMLR 2011).
class Adagrad final : public OptimizerOf<AdagradOptions> {
 public:
  /// For the parameters of a model, or of several models, as one group. Errors: those of `check`
  /// and of `add_group`.
  /// @{
  explicit Adagrad(std::vector<Parameter> parameters, const AdagradOptions& options = {})
      : OptimizerOf(kind_of<formula::Adagrad>("Adagrad", 1), std::move(parameters), options) {}
  template <std::size_t N>
  explicit Adagrad(const std::vector<Parameter> (&models)[N], const AdagradOptions& options = {})
      : Adagrad(detail::joined(models), options) {}
  /// @}
  /// Refused with a sentence: a model where its parameters are meant, and a setting without its
  /// name.
  /// @{
  template <Module M>
  explicit Adagrad(const M&, const AdagradOptions& = {}) : Adagrad(detail::not_parameters<M>()) {}
  template <class Number, class... More>
  requires std::is_arithmetic_v<Number> Adagrad(const std::vector<Parameter>&, Number,
                                                const More&...)
      : Adagrad(detail::not_options<Number>()) {}
  /// @}

 private:
  bool uses_slot(std::size_t, std::size_t) const override { return true; }
  Tensor first_slot(std::size_t group, std::size_t, const Tensor& parameter) const override {
    return full_like(parameter, options(group).initial_accumulator_value);
  }
  void update(std::size_t group, Entry& entry, const Tensor& grad) override {
    const AdagradOptions& o = options(group);
    update_by(formula::Adagrad{.lr = detail::decayed_lr(o.lr, o.lr_decay, entry.step),
                               .eps = o.eps,
                               .weight_decay = o.weight_decay,
                               .maximize = o.maximize},
              entry, grad);
  }
};

/// @}

}  // namespace tapegrad::nn
