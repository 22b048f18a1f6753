#pragma once

#include "autograd/ops/formula/formula.h"

// Functions of each element. Each struct is a whole operator: what it is called, what its rule
// reads (kA the input, kY the output), where the checker draws from, its value and its derivative.

namespace tapegrad::formula {

/// -x
struct Neg {
  static constexpr const char* name = "neg";
  static constexpr Reads reads = kNone;
  static constexpr Samples samples{-2, 2};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::no_negative;
  static auto forward(auto x) { return -x; }
  static auto vjp(auto g, auto, auto) { return -g; }
};

/// |x|; derivative 0 at 0 and NaN, the subgradient of least norm.
struct Abs {
  static constexpr const char* name = "abs";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 2, true};
  static constexpr bool integers = true;
  static auto forward(auto x) { return abs(x); }
  static auto vjp(auto g, auto x, auto) { return where(x > 0, g, where(x < 0, -g, 0)); }
};

/// -1, 0 or 1; derivative 0.
struct Sign {
  static constexpr const char* name = "sign";
  static constexpr Reads reads = kNone;
  static constexpr Samples samples{0.1, 2, true};
  static constexpr bool integers = true;
  static auto forward(auto x) { return where(x > 0, 1, where(x < 0, -1, x * 0)); }
  static auto vjp(auto g, auto, auto) { return where(g == g, 0, 0); }
};

/// x^2. d/dx = 2x.
struct Square {
  static constexpr const char* name = "square";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static constexpr bool integers = true;
  static auto forward(auto x) { return x * x; }
  static auto vjp(auto g, auto x, auto) { return g * (2 * x); }
};

/// max(x, 0); derivative 0 at 0, 1 at NaN.
struct Relu {
  static constexpr const char* name = "relu";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{0.1, 2, true};
  static constexpr bool integers = true;
  static auto forward(auto x) { return where(x < 0, 0, x); }
  static auto vjp(auto g, auto, auto y) { return where(y <= 0, 0, g); }
};

/// e^x
struct Exp {
  static constexpr const char* name = "exp";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return exp(x); }
  static auto vjp(auto g, auto, auto y) { return g * y; }
};

/// e^x - 1, exact near 0.
struct Expm1 {
  static constexpr const char* name = "expm1";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return expm1(x); }
  static auto vjp(auto g, auto, auto y) { return g * (y + 1); }
};

/// log x. d/dx = 1/x, also where the value is NaN.
struct Log {
  static constexpr const char* name = "log";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.2, 3};
  static auto forward(auto x) { return log(x); }
  static auto vjp(auto g, auto x, auto) { return g / x; }
};

/// log(1 + x), exact near 0.
struct Log1p {
  static constexpr const char* name = "log1p";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-0.7, 3};
  static auto forward(auto x) { return log1p(x); }
  static auto vjp(auto g, auto x, auto) { return g / (1 + x); }
};

/// Square root; derivative +inf at 0.
struct Sqrt {
  static constexpr const char* name = "sqrt";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{0.2, 3};
  static auto forward(auto x) { return sqrt(x); }
  static auto vjp(auto g, auto, auto y) { return g / (2 * y); }
};

/// 1 / sqrt(x). d/dx = -y^3 / 2.
struct Rsqrt {
  static constexpr const char* name = "rsqrt";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{0.3, 3};
  static auto forward(auto x) { return rsqrt(x); }
  static auto vjp(auto g, auto, auto y) {
    return -0.5 * g * y * y * y;  // one by one: y^3 may leave the range where g y^3 does not
  }
};

/// 1 / x. d/dx = -y^2.
struct Reciprocal {
  static constexpr const char* name = "reciprocal";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{0.3, 3, true};
  static auto forward(auto x) { return 1 / x; }
  static auto vjp(auto g, auto, auto y) { return -g * y * y; }
};

struct Sin {
  static constexpr const char* name = "sin";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return sin(x); }
  static auto vjp(auto g, auto x, auto) { return g * cos(x); }
};

struct Cos {
  static constexpr const char* name = "cos";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return cos(x); }
  static auto vjp(auto g, auto x, auto) { return -g * sin(x); }
};

/// tanh x. d/dx = 1 - y^2.
struct Tanh {
  static constexpr const char* name = "tanh";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return tanh(x); }
  static auto vjp(auto g, auto, auto y) { return g * (1 - y * y); }
};

/// The error function. d/dx = 2 / sqrt(pi) e^(-x^2).
struct Erf {
  static constexpr const char* name = "erf";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return erf(x); }
  static auto vjp(auto g, auto x, auto) { return g * (1.1283791670955126 * exp(-x * x)); }
};

/// 1 / (1 + e^-x). d/dx = y (1 - y).
struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return sigmoid(x); }
  static auto vjp(auto g, auto, auto y) { return g * (y * (1 - y)); }
};

/// log(sigmoid(x)) = min(x, 0) - log(1 + e^-|x|). d/dx = sigmoid(-x).
struct LogSigmoid {
  static constexpr const char* name = "logsigmoid";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return minimum(x, 0) - log1p(exp(-abs(x))); }
  static auto vjp(auto g, auto x, auto) { return g * sigmoid(-x); }
};

/// x sigmoid(x); 0 at -inf. Elfwing, Uchibe and Doya, 2018.
struct Silu {
  static constexpr const char* name = "silu";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return where(x < -1000, 0, x * sigmoid(x)); }
  static auto vjp(auto g, auto x, auto) {
    const auto s = sigmoid(x);
    const auto inner = where(abs(x) > 1000, 0, x);  // x s (1 - s) has the limit 0, not inf * 0
    return g * (s + inner * (s * (1 - s)));
  }
};

/// x Phi(x) = x (1 + erf(x / sqrt 2)) / 2. d/dx = Phi(x) + x phi(x), with its limits at -inf and
/// inf.
struct Gelu {
  static constexpr const char* name = "gelu";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static constexpr double sqrt_half = 0.70710678118654752;
  static constexpr double inverse_sqrt_2pi = 0.39894228040143268;
  static auto forward(auto x) { return where(x < -40, 0, 0.5 * x * (1 + erf(x * sqrt_half))); }
  static auto vjp(auto g, auto x, auto) {
    const auto inner = where(abs(x) > 40, 0, x);
    return g * (0.5 * (1 + erf(x * sqrt_half)) +
                inner * (inverse_sqrt_2pi * exp(-0.5 * inner * inner)));
  }
};

/// x for x > 0, else slope x; derivative slope at 0.
struct LeakyRelu {
  static constexpr const char* name = "leaky_relu";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 2, true};
  double slope = 0.01;
  static constexpr void visit(auto& op, auto f) { f("slope", op.slope); }
  auto forward(auto x) const { return where(x > 0, x, slope * x); }
  auto vjp(auto g, auto x, auto) const { return where(x > 0, g, slope * g); }
};

/// x for x > 0, else alpha (e^x - 1); derivative alpha at 0, 1 at NaN.
struct Elu {
  static constexpr const char* name = "elu";
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

/// log(1 + e^(beta x)) / beta; x itself where beta x > threshold.
struct Softplus {
  static constexpr const char* name = "softplus";
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
    return where(z > threshold, x, (maximum(z, 0) + log1p(exp(-abs(z)))) / beta);
  }
  auto vjp(auto g, auto x, auto) const {
    const auto z = beta * x;
    return where(z > threshold, g, g * sigmoid(z));
  }
};

/// x limited to [low, high]; the derivative is 1 at the bounds, 0 at NaN.
struct Clamp {
  static constexpr const char* name = "clamp";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-0.4, 0.4};
  double low = -0.5;
  double high = 0.5;
  static constexpr void visit(auto& op, auto f) {
    f("low", op.low);
    f("high", op.high);
  }
  auto forward(auto x) const { return minimum(maximum(x, low), high); }
  auto vjp(auto g, auto x, auto) const { return where((x >= low) & (x <= high), g, 0); }
};

/// x^n for a number n. d/dx = n x^(n-1), and 0 for n = 0 also at x = 0.
struct PowNumber {
  static constexpr const char* name = "pow_number";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.3, 2};
  double exponent = 3;
  static constexpr void visit(auto& op, auto f) { f("exponent", op.exponent); }
  auto forward(auto x) const { return pow(x, exponent); }
  auto vjp(auto g, auto x, auto) const {
    const double less = exponent == 0 ? 0 : exponent - 1;
    return g * (exponent * pow(x, less));
  }
};

/// Every function of one element. One that is not here does not compile where it is used.
using Unary =
    List<Neg, Abs, Sign, Square, Relu, Exp, Expm1, Log, Log1p, Sqrt, Rsqrt, Reciprocal, Sin, Cos,
         Tanh, Erf, Sigmoid, LogSigmoid, Silu, Gelu, LeakyRelu, Elu, Softplus, Clamp, PowNumber>;

}  // namespace tapegrad::formula
