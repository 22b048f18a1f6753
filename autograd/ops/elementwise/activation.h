#pragma once

/// @file
/// The activations that most networks have, as functions of each element; as layers they are in
/// nn/layers/activation/activations.h.
///
///     tg::Tensor x = tg::tensor({-1.0, 0.0, 2.0});
///     tg::Tensor y = tg::gelu(x) + tg::softplus(x, 2.0);

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup activations
/// Integers become the default type, except in `relu`.
/// @{

/// max(x, 0); gradient 0 at 0. NaN stays, with gradient 1.
Tensor relu(Tensor x);
/// x for x > 0, else negative_slope * x; gradient negative_slope at 0.
Tensor leaky_relu(Tensor x, double negative_slope = 0.01);
/// x for x > 0, else alpha (e^x - 1); gradient alpha at 0, 1 at NaN. Clevert et al., ICLR 2016.
Tensor elu(Tensor x, double alpha = 1.0);
/// x Phi(x) with the exact normal distribution function Phi; 0 at -inf. `gelu_tanh` is near it.
/// Hendrycks and Gimpel, 2016.
Tensor gelu(Tensor x);
/// x sigmoid(x); 0 at -inf. Elfwing, Uchibe and Doya, 2018.
Tensor silu(Tensor x);
/// 1 / (1 + e^-x), without overflow. The gradient comes from the rounded value, so that it is 0
/// where this has become 0 or 1.
Tensor sigmoid(Tensor x);
/// log(sigmoid(x)), without overflow.
Tensor logsigmoid(Tensor x);
/// log(1 + e^(beta x)) / beta; x itself where beta x > threshold. Errors: `ValueError` unless
/// beta > 0.
Tensor softplus(Tensor x, double beta = 1.0, double threshold = 20.0);

/// @}

/// @cond
namespace formula {

struct Relu {
  static constexpr const char* name = "relu";
  static constexpr auto function = tapegrad::relu;
  static constexpr const char* onnx = "y = Relu(a)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{0.1, 2, true};
  static constexpr bool integers = true;
  static auto forward(auto x) { return where(x < 0, 0, x); }
  static auto vjp(auto g, auto, auto y) { return where(y <= 0, 0, g); }
};

struct LeakyRelu {
  static constexpr const char* name = "leaky_relu";
  static constexpr const char* onnx = "y = PRelu(a, {slope})";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 2, true};
  double slope = 0.01;
  static constexpr void visit(auto& op, auto f) { f("slope", op.slope); }
  auto forward(auto x) const { return where(x > 0, x, slope * x); }
  auto vjp(auto g, auto x, auto) const { return where(x > 0, g, slope * g); }
};

struct Elu {
  static constexpr const char* name = "elu";
  static constexpr const char* onnx = "y = Where(Greater(a, 0), a, Mul({alpha}, expm1(a)))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 2, true};
  double alpha = 1;
  static constexpr void visit(auto& op, auto f) { f("alpha", op.alpha); }
  auto forward(auto x) const { return where(x > 0, x, alpha * expm1(x)); }
  auto vjp(auto g, auto x, auto) const {
    const auto negative = where(x <= 0, x, 0);  // no overflow in the branch not taken
    return where(x <= 0, g * (alpha * exp(negative)), g);
  }
};

/// The standard normal distribution at a number: Phi(x) = erfc(-x / sqrt 2) / 2, in which nothing
/// cancels far below 0, and phi(x). `kernels::normal_at` is that of vectors of float32.
template <class V>
struct Normal {
  V below, density;
};
template <class V>
Normal<V> normal_at(V x) {
  const V inner = where(abs(x) > 40, 0, x);
  return {0.5 * erfc(x * -0.70710678118654752), 0.39894228040143268 * exp(-0.5 * inner * inner)};
}

/// x Phi(x). d/dx = Phi(x) + x phi(x), with its limits at -inf and inf.
struct Gelu {
  static constexpr const char* name = "gelu";
  static constexpr auto function = tapegrad::gelu;
  static constexpr const char* onnx =
      "y = Where(Less(a, -40), 0, Mul(Mul(0.5, a), Add(1, Erf(Mul(a, 0.70710678118654752)))))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return where(x < -40, 0, x * normal_at(x).below); }
  static auto vjp(auto g, auto x, auto) {
    const auto normal = normal_at(x);
    return g * (normal.below + where(abs(x) > 40, 0, x) * normal.density);
  }
};

struct Silu {
  static constexpr const char* name = "silu";
  static constexpr auto function = tapegrad::silu;
  static constexpr const char* onnx = "y = Where(Less(a, -1000), 0, Mul(a, Sigmoid(a)))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return where(x < -1000, 0, x * sigmoid(x)); }
  static auto vjp(auto g, auto x, auto) {
    const auto s = sigmoid(x);
    const auto inner = where(abs(x) > 1000, 0, x);  // x s (1 - s) has the limit 0, not inf * 0
    return g * (s + inner * (s * (1 - s)));
  }
};

/// d/dx = y (1 - y).
struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  static constexpr auto function = tapegrad::sigmoid;
  static constexpr const char* onnx = "y = Sigmoid(a)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return sigmoid(x); }
  static auto vjp(auto g, auto, auto y) { return g * (y * (1 - y)); }
};

/// min(x, 0) - log(1 + e^-|x|). d/dx = sigmoid(-x).
struct LogSigmoid {
  static constexpr const char* name = "logsigmoid";
  static constexpr auto function = tapegrad::logsigmoid;
  static constexpr const char* onnx = "y = Sub(Min(a, 0), log1p(Exp(Neg(Abs(a)))))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return minimum(x, 0) - log1p_exp(-abs(x)); }
  static auto vjp(auto g, auto x, auto) { return g * sigmoid(-x); }
};

struct Softplus {
  static constexpr const char* name = "softplus";
  static constexpr const char* onnx =
      "z = Mul({beta}, a); y = Where(Greater(z, {threshold}), a, Div(Add(Max(z, 0), "
      "log1p(Exp(Neg(Abs(z))))), {beta}))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  double beta = 1;
  double threshold = 20;
  static constexpr void visit(auto& op, auto f) {
    f("beta", op.beta);
    f("threshold", op.threshold);
  }
  auto forward(auto x) const {
    const auto z = beta * x;
    return where(z > threshold, x, (maximum(z, 0) + log1p_exp(-abs(z))) / beta);
  }
  auto vjp(auto g, auto x, auto) const {
    const auto z = beta * x;
    return where(z > threshold, g, g * sigmoid(z));
  }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Activations = List<Relu, LeakyRelu, Elu, Gelu, Silu, Sigmoid, LogSigmoid, Softplus>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
