#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/elementwise_scalar.h"

namespace tapegrad {

using detail::elementwise;

Tensor relu(Tensor x) { return elementwise<formula::Relu>(std::move(x)); }
Tensor leaky_relu(Tensor x, double negative_slope) {
  return elementwise(std::move(x), formula::LeakyRelu{negative_slope});
}
Tensor elu(Tensor x, double alpha) { return elementwise(std::move(x), formula::Elu{alpha}); }
Tensor gelu(Tensor x) { return elementwise<formula::Gelu>(std::move(x)); }
Tensor silu(Tensor x) { return elementwise<formula::Silu>(std::move(x)); }
Tensor sigmoid(Tensor x) { return elementwise<formula::Sigmoid>(std::move(x)); }
Tensor logsigmoid(Tensor x) { return elementwise<formula::LogSigmoid>(std::move(x)); }

Tensor softplus(Tensor x, double beta, double threshold) {
  if (!(beta > 0)) fail<ValueError>("softplus: beta must be positive, not {}", beta);
  return elementwise(std::move(x), formula::Softplus{beta, threshold});
}

}  // namespace tapegrad
