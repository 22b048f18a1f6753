#pragma once

/// @file
/// Activations that are seldom used, each one formula.
///
///     tg::Tensor x = tg::tensor({-1.0, 2.0});
///     tg::Tensor y = tg::mish(x) + tg::hardswish(x) + tg::selu(x);

#include "autograd/ops/elementwise/activation.h"

namespace tapegrad {

class Tensor;

/// @addtogroup activations
/// @{

/// x limited to [min_val, max_val]. The gradient is 0 at both bounds, where that of `clamp` is 1,
/// and at NaN. Errors: `ValueError` unless min_val <= max_val.
Tensor hardtanh(Tensor x, double min_val = -1.0, double max_val = 1.0);
/// x min(max(x + 3, 0), 6) / 6: x above 3, 0 below -3. At -3 and 3 the gradient is that between
/// them, -1/2 and 3/2. Howard et al., "Searching for MobileNetV3", ICCV 2019.
Tensor hardswish(Tensor x);
/// min(max(x + 3, 0), 6) / 6. The gradient is 1/6 between -3 and 3, and 0 at both and at NaN.
Tensor hardsigmoid(Tensor x);
/// `scale` x for x > 0, else scale alpha (e^x - 1), with the two numbers under which mean 0 and
/// variance 1 persist. Gradient scale alpha = 1.758 at 0, scale at NaN. Klambauer et al., 2017.
Tensor selu(Tensor x);
/// x for x > 0, else alpha (e^(x / alpha) - 1); gradient 1 at 0 and NaN. Barron, 2017. Errors:
/// `ValueError` for an alpha of 0.
Tensor celu(Tensor x, double alpha = 1.0);
/// x tanh(log(1 + e^x)), without overflow; 0 at -inf. Misra, BMVC 2020.
Tensor mish(Tensor x);
/// x / (1 + |x|); -1 and 1 at the infinities.
Tensor softsign(Tensor x);
/// x - lambd for x > lambd, x + lambd for x < -lambd, else 0 with gradient 0; NaN stays. Errors:
/// `ValueError` unless lambd >= 0.
Tensor softshrink(Tensor x, double lambd = 0.5);
/// x where |x| > lambd, else 0 with gradient 0; NaN stays.
Tensor hardshrink(Tensor x, double lambd = 0.5);
/// `gelu` with Phi by tanh, as PyTorch's with `approximate="tanh"`: x (1 + tanh(sqrt(2 / pi) (x
/// + 0.044715 x^3))) / 2, without cancellation; 0 at -inf. Hendrycks and Gimpel, 2016.
Tensor gelu_tanh(Tensor x);

/// @}

/// @cond
namespace formula {

struct Hardtanh {
  static constexpr const char* name = "hardtanh";
  static constexpr const char* onnx = "y = Clip(a, {min_val}, {max_val})";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-0.9, 0.9};
  double min_val = -1;
  double max_val = 1;
  static constexpr void visit(auto& op, auto f) {
    f("min_val", op.min_val);
    f("max_val", op.max_val);
  }
  auto forward(auto x) const { return minimum(maximum(x, min_val), max_val); }
  auto vjp(auto g, auto x, auto) const { return where((x > min_val) & (x < max_val), g, 0); }
};

struct Hardswish {
  static constexpr const char* name = "hardswish";
  static constexpr auto function = tapegrad::hardswish;
  static constexpr const char* onnx =
      "z = Max(a, -3); y = Mul(z, Mul(Min(Add(z, 3), 6), 0.16666666666666667))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2.5, 2.5};
  static auto forward(auto x) {
    const auto above = maximum(x, -3);  // no inf * 0
    return above * (minimum(above + 3, 6) * (1 / 6.0));
  }
  static auto vjp(auto g, auto x, auto) {
    return where(x > 3, g, where(x < -3, 0, g * (x * (1 / 3.0) + 0.5)));
  }
};

struct Hardsigmoid {
  static constexpr const char* name = "hardsigmoid";
  static constexpr auto function = tapegrad::hardsigmoid;
  static constexpr const char* onnx = "y = Mul(Clip(Add(a, 3), 0, 6), 0.16666666666666667)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2.5, 2.5};
  static auto forward(auto x) { return minimum(maximum(x + 3, 0), 6) * (1 / 6.0); }
  static auto vjp(auto g, auto x, auto) { return where((x > -3) & (x < 3), g * (1 / 6.0), 0); }
};

/// A multiple of `Elu`.
struct Selu {
  static constexpr const char* name = "selu";
  static constexpr auto function = tapegrad::selu;
  static constexpr const char* onnx =
      "y = Mul(1.0507009873554805, Where(Greater(a, 0), a, Mul(1.6732632423543772, expm1(a))))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 2, true};
  static constexpr double scale = 1.0507009873554805;
  static constexpr Elu elu{1.6732632423543772};
  static auto forward(auto x) { return scale * elu.forward(x); }
  static auto vjp(auto g, auto x, auto y) { return elu.vjp(scale * g, x, y); }
};

struct Celu {
  static constexpr const char* name = "celu";
  static constexpr const char* onnx =
      "y = Where(Greater(a, 0), a, Mul({alpha}, expm1(Div(a, {alpha}))))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 2, true};
  double alpha = 1;
  static constexpr void visit(auto& op, auto f) { f("alpha", op.alpha); }
  auto forward(auto x) const { return where(x > 0, x, alpha * expm1(x / alpha)); }
  auto vjp(auto g, auto x, auto) const {
    const auto negative = where(x <= 0, x, 0);  // no overflow in the branch not taken
    return where(x <= 0, g * exp(negative / alpha), g);
  }
};

/// With u = e^x, tanh(log(1 + u)) = t = n / (n + 2) where n = u (u + 2), in which nothing cancels,
/// and 1 - t^2 = 4 (1 + u)^2 / (n + 2)^2. d/dx = t + x (1 - t^2) u / (1 + u). Beyond 22 t is 1.
struct Mish {
  static constexpr const char* name = "mish";
  static constexpr auto function = tapegrad::mish;
  static constexpr const char* onnx =
      "u = Exp(Min(a, 22)); n = Mul(u, Add(u, 2)); "
      "y = Where(Less(a, -1000), 0, Mul(a, Div(n, Add(n, 2))))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) {
    const auto u = exp(minimum(x, 22));
    const auto n = u * (u + 2);
    return where(x < -1000, 0, x * (n / (n + 2)));
  }
  static auto vjp(auto g, auto x, auto) {
    const auto inner = maximum(minimum(x, 22), -1000);
    const auto u = exp(inner);
    const auto n = u * (u + 2);
    const auto part = 1 / (n + 2);
    return g * (part * (n + inner * (4 * u * (1 + u) * part)));
  }
};

/// d/dx = 1 / (1 + |x|)^2.
struct Softsign {
  static constexpr const char* name = "softsign";
  static constexpr auto function = tapegrad::softsign;
  static constexpr const char* onnx = "z = Clip(a, -1e30, 1e30); y = Div(z, Add(1, Abs(z)))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 2, true};
  static auto forward(auto x) {
    const auto finite = minimum(maximum(x, -1e30), 1e30);  // no inf / inf
    return finite / (1 + abs(finite));
  }
  static auto vjp(auto g, auto x, auto) {
    const auto part = 1 / (1 + abs(x));
    return g * (part * part);
  }
};

struct Hardshrink {
  static constexpr const char* name = "hardshrink";
  static constexpr const char* onnx = "y = Where(LessOrEqual(Abs(a), {lambd}), 0, a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.6, 2, true};
  double lambd = 0.5;
  static constexpr void visit(auto& op, auto f) { f("lambd", op.lambd); }
  auto forward(auto x) const { return where(abs(x) <= lambd, 0, x); }
  auto vjp(auto g, auto x, auto) const { return where(abs(x) <= lambd, 0, g); }
};

/// With the rule of `Hardshrink`.
struct Softshrink {
  static constexpr const char* name = "softshrink";
  static constexpr const char* onnx = "y = Sub(a, Clip(a, Neg({lambd}), {lambd}))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.6, 2, true};
  double lambd = 0.5;
  static constexpr void visit(auto& op, auto f) { f("lambd", op.lambd); }
  auto forward(auto x) const { return x - minimum(maximum(x, -lambd), lambd); }
  auto vjp(auto g, auto x, auto y) const { return Hardshrink{lambd}.vjp(g, x, y); }
};

/// (1 + tanh z) / 2 = sigmoid(2z).
struct GeluTanh {
  static constexpr const char* name = "gelu_tanh";
  static constexpr auto function = tapegrad::gelu_tanh;
  static constexpr const char* onnx =
      "z = Mul(a, Add(1.5957691216057308, Mul(0.0713548162726002488, Mul(a, a)))); "
      "y = Where(Less(a, -40), 0, Mul(a, Sigmoid(z)))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static constexpr double linear = 1.5957691216057308;    // 2 sqrt(2 / pi)
  static constexpr double cubic = 0.0713548162726002488;  // 0.044715 of that
  static auto forward(auto x) {
    return where(x < -40, 0, x * sigmoid(x * (linear + cubic * (x * x))));
  }
  static auto vjp(auto g, auto x, auto) {
    const auto inner = where(abs(x) > 40, 0, x);
    const auto s = sigmoid(x * (linear + cubic * (x * x)));
    return g * (s + inner * (s * (1 - s)) * (linear + 3 * cubic * (inner * inner)));
  }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using FurtherActivations = List<Hardtanh, Hardswish, Hardsigmoid, Selu, Celu, Mish, Softsign,
                                Hardshrink, Softshrink, GeluTanh>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
