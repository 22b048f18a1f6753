#include "autograd/ops/elementwise/choices.h"

#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

Tensor copysign(const Tensor& a, const Tensor& b) { return elementwise<formula::Copysign>(a, b); }
Tensor heaviside(const Tensor& x, const Tensor& values) {
  return elementwise<formula::Heaviside>(x, values);
}
Tensor fmax(const Tensor& a, const Tensor& b) { return elementwise<formula::Fmax>(a, b); }
Tensor fmin(const Tensor& a, const Tensor& b) { return elementwise<formula::Fmin>(a, b); }

}  // namespace tapegrad
