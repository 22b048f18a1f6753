#include "autograd/ops/core/draw.h"

#include "autograd/ops/ops.h"

namespace tapegrad::detail {

Tensor Draw::operator()(const Shape& shape, formula::Samples samples) {
  Tensor x = samples.low + (samples.high - samples.low) * rand(shape, float64, generator_);
  if (samples.mirrored) x = where(rand(shape, float64, generator_) < 0.5, x, -x);
  // Without the history of drawing it.
  return x.detach().clone().requires_grad_();
}

Tensor Draw::distinct(const Shape& shape) {
  const Tensor order = randperm(shape.numel(), generator_).to(float64);
  return tapegrad::reshape(order * 0.3 - 1, shape).clone().requires_grad_();
}

}  // namespace tapegrad::detail
