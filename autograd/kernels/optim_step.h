#pragma once

#include "autograd/kernels/cxx20.h"

namespace tapegrad::kernels {

/// @addtogroup steps
/// @{

/// What one step of an optimizer needs to know beside the parameter p, its gradient g and the
/// buffers. The formulas, and the order of their operations, are those of PyTorch 1.13.
///
/// In all of them g is at first -g to climb, plus weight_decay p. SGD: b = momentum b +
/// (1 - dampening) g, p -= lr b.
struct SgdStep {
  double lr;                ///< learning rate
  double momentum = 0;      ///< share of b that is kept; 0: no buffer, p -= lr g
  double dampening = 0;     ///< share of the gradient that b leaves out
  double weight_decay = 0;  ///< added to the gradient: weight_decay p
  bool nesterov = false;    ///< p -= lr (g + momentum b)
  bool first = false;       ///< the momentum buffer has no value yet: b = g
  bool maximize = false;    ///< climbs instead
};

/// What one step of Adam or AdamW needs to know: m = beta1 m + (1 - beta1) g,
/// v = beta2 v + (1 - beta2) g^2, p -= lr (m / bias1) / (sqrt(v / bias2) + eps).
struct AdamStep {
  double lr;                ///< learning rate
  double beta1 = 0.9;       ///< decay of the mean of g
  double beta2 = 0.999;     ///< decay of the mean of g^2
  double eps = 1e-8;        ///< keeps the quotient finite
  double weight_decay = 0;  ///< added to the gradient: weight_decay p
  bool decoupled = false;   ///< AdamW: decay the parameter instead of adding to the gradient
  double bias1 = 1;         ///< 1 - beta1^step
  double bias2 = 1;         ///< 1 - beta2^step
  bool amsgrad = false;     ///< divides by the largest v so far
  bool maximize = false;    ///< climbs instead
};

/// What one step of RMSprop needs to know: v = alpha v + (1 - alpha) g^2, b = momentum b +
/// g / (sqrt(v) + eps), p -= lr b.
struct RmspropStep {
  double lr;                ///< learning rate
  double alpha = 0.99;      ///< decay of the mean of g^2
  double eps = 1e-8;        ///< keeps the quotient finite; outside the root
  double weight_decay = 0;  ///< added to the gradient: weight_decay p
  double momentum = 0;      ///< share of b that is kept
  bool centered = false;    ///< v less the squared mean of g in the root
  bool maximize = false;    ///< climbs instead
};

/// What one step of Adagrad needs to know: s += g^2, p -= lr g / (sqrt(s) + eps).
struct AdagradStep {
  double lr;                ///< with its decay: lr / (1 + (step - 1) lr_decay)
  double eps = 1e-10;       ///< keeps the quotient finite; outside the root
  double weight_decay = 0;  ///< added to the gradient: weight_decay p
  bool maximize = false;    ///< climbs instead
};

/// @}

}  // namespace tapegrad::kernels
