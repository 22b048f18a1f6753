#pragma once

/// @file
/// The steps of the library's optimizers as formulas, for loops of your own. Includes nothing of
/// the engine, so that the same text can be compiled by itself, for another machine too.
///
///     tg::Tensor w = tg::ones({3}), velocity;
///     const tg::formula::Sgd step{.lr = 0.1, .momentum = 0.9, .first = true};
///     tg::update(step, w, tg::ones({3}), velocity);

#include <cstddef>

#include "autograd/ops/formula/list.h"

namespace tapegrad::formula {

/// @addtogroup optimizers
/// @{

/// The gradient g of a parameter p as the formulas below use it: turned around to climb, plus
/// weight decay.
template <class Value, class Formula>
[[gnu::always_inline]] inline Value descent(Value g, Value p, const Formula& step) {
  if (step.maximize) g = -g;
  if (step.weight_decay != 0) g = g + step.weight_decay * p;
  return g;
}

/// One step of stochastic gradient descent. This formula and the others, and the order of their
/// operations, are those of PyTorch 1.13.
struct Sgd {
  /// Its own in error messages, and those of its slots, as in state files.
  /// @{
  static constexpr const char* name = "SGD";
  static constexpr const char* slots[] = {"momentum_buffer"};
  /// @}
  double lr;                ///< learning rate
  double momentum = 0;      ///< share of b that is kept; 0: no buffer
  double dampening = 0;     ///< share of the gradient that b leaves out
  double weight_decay = 0;  ///< added to the gradient: weight_decay p
  bool nesterov = false;    ///< looks ahead along the momentum
  bool first = false;       ///< the momentum buffer has no value yet: b = g
  bool maximize = false;    ///< climbs instead

  /// Without momentum there is no buffer.
  bool uses(std::size_t) const { return momentum != 0; }
  /// b = momentum b + (1 - dampening) g, p -= lr b; with Nesterov's momentum p -= lr (g +
  /// momentum b).
  void update(auto& p, auto g, auto& b) const {
    auto change = descent(g, p, *this);
    if (momentum != 0) {
      b = first ? change : momentum * b + (1 - dampening) * change;
      change = nesterov ? change + momentum * b : b;
    }
    p = p - lr * change;
  }
};

/// One step of Adam or AdamW.
struct Adam {
  /// Its own in error messages, and those of its slots, as in state files.
  /// @{
  static constexpr const char* name = "Adam";
  static constexpr const char* slots[] = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  /// @}
  double lr;                ///< learning rate
  double beta1 = 0.9;       ///< decay of the mean of g
  double beta2 = 0.999;     ///< decay of the mean of g^2
  double eps = 1e-8;        ///< keeps the quotient finite
  double weight_decay = 0;  ///< added to the gradient: weight_decay p
  double shrinkage = 0;     ///< AdamW: decay apart from the gradient, p -= lr shrinkage p
  double bias1 = 1;         ///< 1 - beta1^step
  double bias2 = 1;         ///< 1 - beta2^step
  bool amsgrad = false;     ///< divides by the largest v so far
  bool maximize = false;    ///< climbs instead

  /// The largest v is for AMSGrad.
  bool uses(std::size_t slot) const { return slot < 2 || amsgrad; }
  /// m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
  /// p -= lr (m / bias1) / (sqrt(v / bias2) + eps).
  void update(auto& p, auto g, auto& m, auto& v, auto& largest_v) const {
    p = p * (1 - lr * shrinkage);
    g = descent(g, p, *this);
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    auto scale = v;
    if (amsgrad) scale = largest_v = maximum(largest_v, v);
    p = p - lr / bias1 * m / (sqrt(scale) * (1 / sqrt(bias2)) + eps);
  }
};

/// One step of RMSprop.
struct Rmsprop {
  /// Its own in error messages, and those of its slots, as in state files.
  /// @{
  static constexpr const char* name = "RMSprop";
  static constexpr const char* slots[] = {"square_avg", "momentum_buffer", "grad_avg"};
  /// @}
  double lr;                ///< learning rate
  double alpha = 0.99;      ///< decay of the mean of g^2
  double eps = 1e-8;        ///< keeps the quotient finite; outside the root
  double weight_decay = 0;  ///< added to the gradient: weight_decay p
  double momentum = 0;      ///< share of b that is kept
  bool centered = false;    ///< v less the squared mean of g in the root
  bool maximize = false;    ///< climbs instead

  /// The second slot is for momentum, the third for the centered form.
  bool uses(std::size_t slot) const { return slot == 0 || (slot == 1 ? momentum != 0 : centered); }
  /// v = alpha v + (1 - alpha) g^2, b = momentum b + g / (sqrt(v) + eps), p -= lr b; centered,
  /// v - mean^2 stands in the root, mean = alpha mean + (1 - alpha) g.
  void update(auto& p, auto g, auto& v, auto& b, auto& mean) const {
    g = descent(g, p, *this);
    v = alpha * v + (1 - alpha) * g * g;
    auto variance = v;
    if (centered) {
      mean = alpha * mean + (1 - alpha) * g;
      variance = maximum(v - mean * mean, 0);  // rounding may take it below
    }
    auto change = g / (sqrt(variance) + eps);
    if (momentum != 0) change = b = momentum * b + change;
    p = p - lr * change;
  }
};

/// One step of Adagrad.
struct Adagrad {
  /// Its own in error messages, and that of its slot, as in state files.
  /// @{
  static constexpr const char* name = "Adagrad";
  static constexpr const char* slots[] = {"sum"};
  /// @}
  double lr;                ///< with its decay: lr / (1 + (step - 1) lr_decay)
  double eps = 1e-10;       ///< keeps the quotient finite; outside the root
  double weight_decay = 0;  ///< added to the gradient: weight_decay p
  bool maximize = false;    ///< climbs instead

  /// s += g^2, p -= lr g / (sqrt(s) + eps).
  void update(auto& p, auto g, auto& s) const {
    g = descent(g, p, *this);
    s = s + g * g;
    p = p - lr * g / (sqrt(s) + eps);
  }
};

/// Every formula of the library's optimizers. One that is not here does not link where it is used.
using Optimizers = List<Sgd, Adam, Rmsprop, Adagrad>;

/// @}

}  // namespace tapegrad::formula
