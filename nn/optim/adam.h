#pragma once

/// @file
/// Adam and AdamW, which most networks are trained with.
///
///     nn::Linear net(3, 1);
///     nn::AdamW optimizer(nn::parameters(net), {.lr = 1e-3, .weight_decay = 0.01});

#include <array>

#include "nn/module/option_check.h"
#include "nn/optim/core/optimizer.h"
#include "nn/optim/core/step_numbers.h"
#include "nn/optim/formulas.h"

namespace tapegrad::nn {

/// @addtogroup optimizers
/// @{

/// The settings of `Adam`.
struct AdamOptions {
  double lr = 1e-3;                         ///< learning rate
  std::array<double, 2> betas{0.9, 0.999};  ///< decay of the means of g and g^2
  double eps = 1e-8;                        ///< keeps the quotient finite
  double weight_decay = 0;                  ///< added to the gradient: weight_decay * parameter
  bool amsgrad = false;                     ///< divides by the largest mean of g^2 so far
  bool maximize = false;                    ///< climbs instead
  bool warn_unused = true;                  ///< see `Optimizer::step`
  bool check_finite = false;                ///< see `Optimizer::step`

  /// Errors: `ValueError` for a number that is negative or not finite, and for betas of 1 or more.
  void check() const;
  /// Calls f(name, value) for every setting; the betas are "beta1" and "beta2".
  static void visit(auto& options, auto f) {
    f("lr", options.lr);
    f("beta1", options.betas[0]);
    f("beta2", options.betas[1]);
    f("eps", options.eps);
    f("weight_decay", options.weight_decay);
    f("amsgrad", options.amsgrad);
    f("maximize", options.maximize);
  }
};

/// The settings of `AdamW`.
struct AdamWOptions {
  double lr = 1e-3;                         ///< learning rate
  std::array<double, 2> betas{0.9, 0.999};  ///< decay of the means of g and g^2
  double eps = 1e-8;                        ///< keeps the quotient finite
  double weight_decay = 1e-2;  ///< each step shrinks the parameter by lr * weight_decay
  bool amsgrad = false;        ///< divides by the largest mean of g^2 so far
  bool maximize = false;       ///< climbs instead
  bool warn_unused = true;     ///< see `Optimizer::step`
  bool check_finite = false;   ///< see `Optimizer::step`

  /// Errors: `ValueError` for a number that is negative or not finite, and for betas of 1 or more.
  void check() const;
  /// Calls f(name, value) for every setting; the betas are "beta1" and "beta2".
  static void visit(auto& options, auto f) { AdamOptions::visit(options, f); }
};

namespace detail {

template <class Options>
void check_adam(std::string_view name, const Options& options) {
  check_not_negative(name, "lr", options.lr);
  check_decay(name, "beta1", options.betas[0]);
  check_decay(name, "beta2", options.betas[1]);
  check_not_negative(name, "eps", options.eps);
  check_not_negative(name, "weight_decay", options.weight_decay);
}

/// The formula of a step; for AdamW weight decay is `decoupled` from the gradient.
template <class Options>
formula::Adam adam(const Options& options, bool decoupled, std::int64_t step,
                   BiasCorrection& bias) {
  bias.update(options.betas, step);
  return {.lr = options.lr,
          .beta1 = options.betas[0],
          .beta2 = options.betas[1],
          .eps = options.eps,
          .weight_decay = decoupled ? 0 : options.weight_decay,
          .shrinkage = decoupled ? options.weight_decay : 0,
          .bias1 = bias.values[0],
          .bias2 = bias.values[1],
          .amsgrad = options.amsgrad,
          .maximize = options.maximize};
}

/// The third slot is that of AMSGrad.
template <class Options>
bool uses_adam_slot(const Options& options, std::size_t slot) {
  return slot < 2 || options.amsgrad;
}

}  // namespace detail

inline void AdamOptions::check() const { detail::check_adam("Adam", *this); }
inline void AdamWOptions::check() const { detail::check_adam("AdamW", *this); }

/// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015), with AMSGrad
/// (Reddi et al., "On the convergence of Adam and beyond", ICLR 2018) on demand.
class Adam final : public OptimizerOf<AdamOptions> {
 public:
  /// For the parameters of a model, or of several models, as one group. Errors: those of `check`
  /// and of `add_group`.
  /// @{
  explicit Adam(std::vector<Parameter> parameters, const AdamOptions& options = {})
      : OptimizerOf(kind_of<formula::Adam>("Adam", 2), std::move(parameters), options) {}
  template <std::size_t N>
  explicit Adam(const std::vector<Parameter> (&models)[N], const AdamOptions& options = {})
      : Adam(detail::joined(models), options) {}
  /// @}
  /// Refused with a sentence: a model where its parameters are meant, and a setting without its
  /// name.
  /// @{
  template <Module M>
  explicit Adam(const M&, const AdamOptions& = {}) : Adam(detail::not_parameters<M>()) {}
  template <class Number, class... More>
  requires std::is_arithmetic_v<Number> Adam(const std::vector<Parameter>&, Number, const More&...)
      : Adam(detail::not_options<Number>()) {}
  /// @}

 private:
  bool uses_slot(std::size_t group, std::size_t slot) const override {
    return detail::uses_adam_slot(options(group), slot);
  }
  void update(std::size_t group, Entry& entry, const Tensor& grad) override {
    update_by(detail::adam(options(group), false, entry.step, bias_), entry, grad);
  }
  detail::BiasCorrection bias_;
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay
/// regularization", ICLR 2019).
class AdamW final : public OptimizerOf<AdamWOptions> {
 public:
  /// For the parameters of a model, or of several models, as one group. Errors: those of `check`
  /// and of `add_group`.
  /// @{
  explicit AdamW(std::vector<Parameter> parameters, const AdamWOptions& options = {})
      : OptimizerOf(kind_of<formula::Adam>("AdamW", 2), std::move(parameters), options) {}
  template <std::size_t N>
  explicit AdamW(const std::vector<Parameter> (&models)[N], const AdamWOptions& options = {})
      : AdamW(detail::joined(models), options) {}
  /// @}
  /// Refused with a sentence: a model where its parameters are meant, and a setting without its
  /// name.
  /// @{
  template <Module M>
  explicit AdamW(const M&, const AdamWOptions& = {}) : AdamW(detail::not_parameters<M>()) {}
  template <class Number, class... More>
  requires std::is_arithmetic_v<Number> AdamW(const std::vector<Parameter>&, Number, const More&...)
      : AdamW(detail::not_options<Number>()) {}
  /// @}

 private:
  bool uses_slot(std::size_t group, std::size_t slot) const override {
    return detail::uses_adam_slot(options(group), slot);
  }
  void update(std::size_t group, Entry& entry, const Tensor& grad) override {
    update_by(detail::adam(options(group), true, entry.step, bias_), entry, grad);
  }
  detail::BiasCorrection bias_;
};

/// @}

}  // namespace tapegrad::nn
