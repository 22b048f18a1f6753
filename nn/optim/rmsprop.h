#pragma once

/// @file
/// RMSprop: steps in units of the root of the mean squared gradient.
///
///     nn::Linear net(3, 1);
///     nn::RMSprop optimizer(nn::parameters(net), {.lr = 0.01, .momentum = 0.9, .centered = true});

#include "nn/module/option_check.h"
#include "nn/optim/core/optimizer.h"
#include "nn/optim/formulas.h"

namespace tapegrad::nn {

/// @addtogroup optimizers
/// @{

/// The settings of `RMSprop`.
struct RMSpropOptions {
  double lr = 1e-2;           ///< learning rate
  double alpha = 0.99;        ///< decay of the mean of g^2
  double eps = 1e-8;          ///< keeps the quotient finite; outside the root
  double weight_decay = 0;    ///< added to the gradient: weight_decay * parameter
  double momentum = 0;        ///< share of the last step that is kept
  bool centered = false;      ///< divides by the deviation instead: subtracts the squared mean of g
  bool maximize = false;      ///< climbs instead
  bool warn_unused = true;    ///< see `Optimizer::step`
  bool check_finite = false;  ///< see `Optimizer::step`

  /// Errors: `ValueError` for a number that is negative or not finite, and for an alpha of 1 or
  /// more.
  void check() const {
    detail::check_not_negative("RMSprop", "lr", lr);
    detail::check_decay("RMSprop", "alpha", alpha);
    detail::check_not_negative("RMSprop", "eps", eps);
    detail::check_not_negative("RMSprop", "weight_decay", weight_decay);
    detail::check_not_negative("RMSprop", "momentum", momentum);
  }
  /// Calls f(name, value) for every setting.
  static void visit(auto& options, auto f) {
    f("lr", options.lr);
    f("alpha", options.alpha);
    f("eps", options.eps);
    f("weight_decay", options.weight_decay);
    f("momentum", options.momentum);
    f("centered", options.centered);
    f("maximize", options.maximize);
  }
};

/// RMSprop (Tieleman and Hinton, "Lecture 6.5, Neural networks for machine learning", Coursera
/// 2012); centered: Graves, "Generating sequences with recurrent neural networks", 2013.
class RMSprop final : public OptimizerOf<RMSpropOptions> {
 public:
  /// For the parameters of a model, or of several models, as one group. Errors: those of `check`
  /// and of `add_group`.
  /// @{
  explicit RMSprop(std::vector<Parameter> parameters, const RMSpropOptions& options = {})
      : OptimizerOf(kind_of<formula::Rmsprop>("RMSprop", 1), std::move(parameters), options) {}
  template <std::size_t N>
  explicit RMSprop(const std::vector<Parameter> (&models)[N], const RMSpropOptions& options = {})
      : RMSprop(detail::joined(models), options) {}
  /// @}
  /// Refused with a sentence: a model where its parameters are meant, and a setting without its
  /// name.
  /// @{
  template <Module M>
  explicit RMSprop(const M&, const RMSpropOptions& = {}) : RMSprop(detail::not_parameters<M>()) {}
  template <class Number, class... More>
  requires std::is_arithmetic_v<Number> RMSprop(const std::vector<Parameter>&, Number,
                                                const More&...)
      : RMSprop(detail::not_options<Number>()) {}
  /// @}

 private:
  bool uses_slot(std::size_t group, std::size_t slot) const override {
    const RMSpropOptions& o = options(group);
    return slot == 0 || (slot == 1 ? o.momentum != 0 : o.centered);
  }
  void update(std::size_t group, Entry& entry, const Tensor& grad) override {
    const RMSpropOptions& o = options(group);
    update_by(formula::Rmsprop{.lr = o.lr,
                               .alpha = o.alpha,
                               .eps = o.eps,
                               .weight_decay = o.weight_decay,
                               .momentum = o.momentum,
                               .centered = o.centered,
                               .maximize = o.maximize},
              entry, grad);
  }
};

/// @}

}  // namespace tapegrad::nn
