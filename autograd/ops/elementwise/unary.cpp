#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/ops.h"

namespace tapegrad {

using detail::elementwise;

namespace detail {

Tensor no_bool_negative(const Tensor&, const Tensor&) {
  fail<DTypeError>("neg: a bool tensor has no negative; use logical_not");
}

}  // namespace detail

Tensor neg(Tensor x) { return elementwise<formula::Neg>(std::move(x)); }
Tensor abs(Tensor x) { return elementwise<formula::Abs>(std::move(x)); }
Tensor sign(Tensor x) { return elementwise<formula::Sign>(std::move(x)); }
Tensor exp(Tensor x) { return elementwise<formula::Exp>(std::move(x)); }
Tensor expm1(Tensor x) { return elementwise<formula::Expm1>(std::move(x)); }
Tensor log(Tensor x) { return elementwise<formula::Log>(std::move(x)); }
Tensor log1p(Tensor x) { return elementwise<formula::Log1p>(std::move(x)); }
Tensor sqrt(Tensor x) { return elementwise<formula::Sqrt>(std::move(x)); }
Tensor rsqrt(Tensor x) { return elementwise<formula::Rsqrt>(std::move(x)); }
Tensor reciprocal(Tensor x) { return elementwise<formula::Reciprocal>(std::move(x)); }
Tensor square(Tensor x) { return elementwise<formula::Square>(std::move(x)); }
Tensor sin(Tensor x) { return elementwise<formula::Sin>(std::move(x)); }
Tensor cos(Tensor x) { return elementwise<formula::Cos>(std::move(x)); }
Tensor tanh(Tensor x) { return elementwise<formula::Tanh>(std::move(x)); }
Tensor erf(Tensor x) { return elementwise<formula::Erf>(std::move(x)); }
Tensor sigmoid(Tensor x) { return elementwise<formula::Sigmoid>(std::move(x)); }
Tensor logsigmoid(Tensor x) { return elementwise<formula::LogSigmoid>(std::move(x)); }
Tensor relu(Tensor x) { return elementwise<formula::Relu>(std::move(x)); }
Tensor gelu(Tensor x) { return elementwise<formula::Gelu>(std::move(x)); }
Tensor silu(Tensor x) { return elementwise<formula::Silu>(std::move(x)); }

Tensor leaky_relu(Tensor x, double negative_slope) {
  return elementwise(std::move(x), formula::LeakyRelu{negative_slope});
}

Tensor elu(Tensor x, double alpha) { return elementwise(std::move(x), formula::Elu{alpha}); }

Tensor softplus(Tensor x, double beta, double threshold) {
  if (!(beta > 0)) fail<ValueError>("softplus: beta must be positive, not {}", beta);
  return elementwise(std::move(x), formula::Softplus{beta, threshold});
}

}  // namespace tapegrad
