#pragma once

/// @file
/// Powers, roots and logarithms.
///
///     tg::Tensor x = tg::tensor({0.5, 4.0});
///     tg::Tensor y = tg::sqrt(x) + tg::pow(x, 3) + tg::log1p(x);

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup functions
/// Integers become the default type, except in `pow`.
/// @{

/// e^x.
Tensor exp(Tensor x);
/// e^x - 1, exact near 0.
Tensor expm1(Tensor x);
/// The natural logarithm: -inf at 0, NaN below. The gradient is 1 / x everywhere: inf at 0, and
/// finite where the value is NaN.
Tensor log(Tensor x);
/// log(1 + x), exact near 0; -inf at -1, with gradient inf.
Tensor log1p(Tensor x);
/// The square root; NaN below 0. Gradient inf at 0.
Tensor sqrt(Tensor x);
/// 1 / sqrt(x): inf at 0, with gradient -inf.
Tensor rsqrt(Tensor x);
/// a^b with C's special cases; where 0^0 = 1 is reached the gradients are 0. Integers stay
/// integers, without a fraction where the exponent is negative; a negative C++ number as their
/// exponent is a `ValueError`.
Tensor pow(const Tensor& base, const Tensor& exponent);

/// @}

/// @cond
namespace formula {

struct Exp {
  static constexpr const char* name = "exp";
  static constexpr auto function = tapegrad::exp;
  static constexpr const char* onnx = "y = Exp(a)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return exp(x); }
  static auto vjp(auto g, auto, auto y) { return g * y; }
};

/// ONNX has none: near 0 it is (u - 1) x / log(u) with u = e^x, where what rounding did to u
/// cancels (W. Kahan; see section 1.14.1 of N. Higham, Accuracy and Stability of Numerical
/// Algorithms).
struct Expm1 {
  static constexpr const char* name = "expm1";
  static constexpr auto function = tapegrad::expm1;
  static constexpr const char* onnx =
      "u = Exp(a); v = Sub(u, 1); y = Where(Less(Abs(a), 0.5), Where(Equal(u, 1), a, "
      "Div(Mul(v, a), Log(u))), v)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return expm1(x); }
  static auto vjp(auto g, auto, auto y) { return g * (y + 1); }
};

struct Log {
  static constexpr const char* name = "log";
  static constexpr auto function = tapegrad::log;
  static constexpr const char* onnx = "y = Log(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.2, 3};
  static auto forward(auto x) { return log(x); }
  static auto vjp(auto g, auto x, auto) { return g / x; }
};

/// ONNX has none: near 0 it is log(w) x / (w - 1) with w = 1 + x, where what rounding did to w
/// cancels (D. Goldberg, ACM Computing Surveys 23, 1991, theorem 4).
struct Log1p {
  static constexpr const char* name = "log1p";
  static constexpr auto function = tapegrad::log1p;
  static constexpr const char* onnx =
      "w = Add(a, 1); y = Where(Less(Abs(a), 2), Where(Equal(w, 1), a, Div(Mul(Log(w), a), "
      "Sub(w, 1))), Log(w))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-0.7, 3};
  static auto forward(auto x) { return log1p(x); }
  static auto vjp(auto g, auto x, auto) { return g / (1 + x); }
};

struct Sqrt {
  static constexpr const char* name = "sqrt";
  static constexpr auto function = tapegrad::sqrt;
  static constexpr const char* onnx = "y = Sqrt(a)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{0.2, 3};
  static auto forward(auto x) { return sqrt(x); }
  static auto vjp(auto g, auto, auto y) { return g / (2 * y); }
};

/// d/dx = -y^3 / 2.
struct Rsqrt {
  static constexpr const char* name = "rsqrt";
  static constexpr auto function = tapegrad::rsqrt;
  static constexpr const char* onnx = "y = Reciprocal(Sqrt(a))";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{0.3, 3};
  static auto forward(auto x) { return rsqrt(x); }
  static auto vjp(auto g, auto, auto y) {
    return -0.5 * g * y * y * y;  // one by one: y^3 may leave the range where g y^3 does not
  }
};

/// d/da = b a^(b-1); d/db = y log a. Both are 0, not NaN, where a = 0 or b = 0 make the factor that
/// vanishes win.
struct Pow {
  static constexpr const char* name = "pow";
  static constexpr auto function = tapegrad::pow;
  static constexpr const char* onnx = "y = Pow(a, b)";
  static constexpr Reads reads[] = {kA | kB, kA | kB | kY};
  static constexpr Samples samples[] = {{0.3, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static auto forward(auto a, auto b) { return pow(a, b); }
  static auto vjp_a(auto g, auto a, auto b, auto) {
    // 0 * 0^-1 is 0 here; elsewhere the text is left as it is, for the mixed second derivative.
    const auto one = where((b == 0) & ((a == 0) | (a != a)), 1, b);
    return g * (b * pow(a, one - 1));
  }
  static auto vjp_b(auto g, auto a, auto b, auto y) {
    return g * (y * log(where((a == 0) & (b >= 0), 1, a)));
  }
};

/// x^n for a number n. d/dx = n x^(n-1), and 0 for n = 0 also at x = 0. The square root is quicker
/// than a power, but by C's rules (-inf)^0.5 is inf, and (-0)^0.5 is 0.
struct PowNumber {
  static constexpr const char* name = "pow_number";
  static constexpr const char* onnx = "y = Pow(a, {exponent})";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.3, 2};
  double exponent = 3;
  static constexpr void visit(auto& op, auto f) { f("exponent", op.exponent); }
  static auto root(auto x) {
    constexpr double inf = __builtin_inf();
    return abs(sqrt(where(x == -inf, inf, x)));
  }
  auto forward(auto x) const { return exponent == 0.5 ? root(x) : pow(x, exponent); }
  auto vjp(auto g, auto x, auto) const {
    if (exponent == 0.5) return g * (0.5 / root(x));
    const double less = exponent == 0 ? 0 : exponent - 1;
    return g * (exponent * pow(x, less));
  }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Exponential = List<Exp, Expm1, Log, Log1p, Sqrt, Rsqrt, Pow, PowNumber>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
