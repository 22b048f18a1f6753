#pragma once

#include "autograd/kernels/cxx20.h"

namespace tapegrad::kernels {

// What one step of an optimizer needs to know beside the parameter, its gradient and the buffers.
// The formulas, and the order of their operations, are those of PyTorch 1.13.

struct SgdStep {
  double lr;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool first = false;  ///< the momentum buffer has no value yet
  bool maximize = false;
};

struct AdamStep {
  double lr;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;  ///< AdamW: decay the parameter instead of adding to the gradient
  double bias1 = 1;        ///< 1 - beta1^step
  double bias2 = 1;        ///< 1 - beta2^step
  bool amsgrad = false;
  bool maximize = false;
};

struct RmspropStep {
  double lr;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;
  bool maximize = false;
};

struct AdagradStep {
  double lr;  ///< with its decay: lr / (1 + (step - 1) lr_decay)
  double eps = 1e-10;
  double weight_decay = 0;
  bool maximize = false;
};

}  // namespace tapegrad::kernels
