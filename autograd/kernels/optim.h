#pragma once

#include <cstdint>

#include "autograd/kernels/optim_step.h"
#include "autograd/kernels/row_walk.h"

// One step of an optimizer over the `n` elements of a parameter, in one pass. Buffers hold zeros
// before the first step.

namespace tapegrad::kernels {

namespace detail {

/// The gradient that a step uses: with its sign, and with weight decay.
template <class V, class Step>
[[gnu::always_inline]] inline V step_gradient(V g, V p, const Step& step) noexcept {
  if (step.maximize) g = -g;
  if (step.weight_decay != 0) g = g + V(step.weight_decay) * p;
  return g;
}

}  // namespace detail

/// `momentum` is the buffer, or null without momentum.
template <class Arch, class T>
static void sgd(T* p, const T* g, T* momentum, SgdStep step, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  const V factor(step.momentum), fresh(1 - step.dampening), lr(step.lr);
  detail::for_each_place<Arch, T>(n, [=](auto at) {
    const V parameter = at(p);
    V change = detail::step_gradient(at(g), parameter, step);
    if (momentum) {
      const V buffer = step.first ? change : factor * at(momentum) + fresh * change;
      at.store(momentum, buffer);
      change = step.nesterov ? change + factor * buffer : buffer;
    }
    at.store(p, parameter - lr * change);
  });
}

/// `m` and `v` are the means of the gradient and of its square; `largest_v` is null without
/// AMSGrad.
template <class Arch, class T>
static void adam(T* p, const T* g, T* m, T* v, T* largest_v, AdamStep step,
                 std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  const V beta1(step.beta1), rest1(1 - step.beta1), beta2(step.beta2), rest2(1 - step.beta2);
  const V size(step.lr / step.bias1), eps(step.eps);
  const V correction(1 / __builtin_sqrt(step.bias2));
  const V decay(step.decoupled ? 1 - step.lr * step.weight_decay : 1);
  if (step.decoupled) step.weight_decay = 0;
  detail::for_each_place<Arch, T>(n, [=](auto at) {
    const V parameter = at(p) * decay;
    const V gradient = detail::step_gradient(at(g), parameter, step);
    const V first = beta1 * at(m) + rest1 * gradient;
    const V second = beta2 * at(v) + rest2 * gradient * gradient;
    at.store(m, first);
    at.store(v, second);
    V scale = second;
    if (largest_v) {
      scale = maximum(at(largest_v), second);
      at.store(largest_v, scale);
    }
    at.store(p, parameter - size * first / (sqrt(scale) * correction + eps));
  });
}

/// `square_mean` is the mean of the squared gradient; `mean` is null unless centered, `momentum`
/// without it.
template <class Arch, class T>
static void rmsprop(T* p, const T* g, T* square_mean, T* mean, T* momentum, RmspropStep step,
                    std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  const V alpha(step.alpha), rest(1 - step.alpha), eps(step.eps), lr(step.lr);
  const V factor(step.momentum);
  detail::for_each_place<Arch, T>(n, [=](auto at) {
    const V parameter = at(p);
    const V gradient = detail::step_gradient(at(g), parameter, step);
    const V squares = alpha * at(square_mean) + rest * gradient * gradient;
    at.store(square_mean, squares);
    V variance = squares;
    if (mean) {
      const V average = alpha * at(mean) + rest * gradient;
      at.store(mean, average);
      variance = maximum(squares - average * average, 0);  // rounding may take it below
    }
    V change = gradient / (sqrt(variance) + eps);
    if (momentum) {
      change = factor * at(momentum) + change;
      at.store(momentum, change);
    }
    at.store(p, parameter - lr * change);
  });
}

/// `squares` is the sum of the squared gradients.
template <class Arch, class T>
static void adagrad(T* p, const T* g, T* squares, AdagradStep step, std::int64_t n) noexcept {
  using V = Vec<T, Arch>;
  const V lr(step.lr), eps(step.eps);
  detail::for_each_place<Arch, T>(n, [=](auto at) {
    const V parameter = at(p);
    const V gradient = detail::step_gradient(at(g), parameter, step);
    const V total = at(squares) + gradient * gradient;
    at.store(squares, total);
    at.store(p, parameter - lr * gradient / (sqrt(total) + eps));
  });
}

}  // namespace tapegrad::kernels
