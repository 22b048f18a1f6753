#pragma once

/// @file
/// Stochastic gradient descent, with momentum and Nesterov's variant.
///
///     nn::Linear net(3, 1);
///     nn::SGD optimizer(nn::parameters(net), {.lr = 0.1, .momentum = 0.9, .nesterov = true});

#include "autograd/base/fail.h"
#include "nn/module/option_check.h"
#include "nn/optim/core/optimizer.h"
#include "nn/optim/formulas.h"

namespace tapegrad::nn {

/// @addtogroup optimizers
/// @{

/// The settings of `SGD`.
struct SGDOptions {
  double lr = 1e-3;           ///< learning rate
  double momentum = 0;        ///< share of the last step that is kept
  double dampening = 0;       ///< share of the gradient that momentum leaves out
  double weight_decay = 0;    ///< added to the gradient: weight_decay * parameter
  bool nesterov = false;      ///< looks ahead along the momentum; needs momentum and no dampening
  bool maximize = false;      ///< climbs instead
  bool warn_unused = true;    ///< see `Optimizer::step`
  bool check_finite = false;  ///< see `Optimizer::step`

  /// Errors: `ValueError` for an lr, momentum or weight_decay that is negative or not finite, for a
  /// dampening that is not finite, and for nesterov without momentum or with dampening.
  void check() const {
    detail::check_not_negative("SGD", "lr", lr);
    detail::check_not_negative("SGD", "momentum", momentum);
    detail::check_not_negative("SGD", "weight_decay", weight_decay);
    if (!std::isfinite(dampening))
      fail<ValueError>("SGD: dampening must be finite, but is {}", dampening);
    if (nesterov && (momentum == 0 || dampening != 0))
      fail<ValueError>(
          "SGD: nesterov needs momentum above 0 and dampening 0, but they are {} and {}", momentum,
          dampening);
  }
  /// Calls f(name, value) for every setting.
  static void visit(auto& options, auto f) {
    f("lr", options.lr);
    f("momentum", options.momentum);
    f("dampening", options.dampening);
    f("weight_decay", options.weight_decay);
    f("nesterov", options.nesterov);
    f("maximize", options.maximize);
  }
};

/// Stochastic gradient descent, with momentum as PyTorch defines it: b = momentum b + (1 -
/// dampening) g, b = g in the first step; p -= lr b, or lr (g + momentum b) with Nesterov's
/// momentum (Sutskever et al., "On the importance of initialization and momentum in deep learning",
/// ICML 2013).
class SGD final : public OptimizerOf<SGDOptions> {
 public:
  /// For the parameters of a model, or of several models, as one group. Errors: those of `check`
  /// and of `add_group`.
  /// @{
  explicit SGD(std::vector<Parameter> parameters, const SGDOptions& options = {})
      : OptimizerOf(kind_of<formula::Sgd>("SGD", 0), std::move(parameters), options) {}
  template <std::size_t N>
  explicit SGD(const std::vector<Parameter> (&models)[N], const SGDOptions& options = {})
      : SGD(detail::joined(models), options) {}
  /// @}
  /// Refused with a sentence: a model where its parameters are meant, and a setting without its
  /// name.
  /// @{
  template <Module M>
  explicit SGD(const M&, const SGDOptions& = {}) : SGD(detail::not_parameters<M>()) {}
  template <class Number, class... More>
  requires std::is_arithmetic_v<Number> SGD(const std::vector<Parameter>&, Number, const More&...)
      : SGD(detail::not_options<Number>()) {}
  /// @}

 private:
  bool uses_slot(std::size_t group, std::size_t) const override {
    return options(group).momentum != 0;
  }
  void update(std::size_t group, Entry& entry, const Tensor& grad) override {
    const SGDOptions& o = options(group);
    update_by(formula::Sgd{.lr = o.lr,
                           .momentum = o.momentum,
                           .dampening = o.dampening,
                           .weight_decay = o.weight_decay,
                           .nesterov = o.nesterov,
                           .first = entry.fresh,
                           .maximize = o.maximize},
              entry, grad);
  }
};

/// @}

}  // namespace tapegrad::nn
