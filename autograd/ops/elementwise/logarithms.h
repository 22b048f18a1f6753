#pragma once

/// @file
/// Logarithms to other bases, and sums of exponentials of two, without overflow.
///
///     tg::Tensor a = tg::tensor({1000.0}), b = tg::tensor({1001.0});
///     tg::Tensor y = tg::logaddexp(a, b);
///     tg::Tensor entropy = -tg::sum(tg::xlogy(tg::tensor({0.0, 1.0}), tg::tensor({0.0, 1.0})));

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup functions
/// @{

/// 2^x.
Tensor exp2(Tensor x);
/// The logarithm to base 2; -inf at 0, with gradient inf. Below 0 as for `log`.
Tensor log2(Tensor x);
/// The logarithm to base 10; -inf at 0, with gradient inf. Below 0 as for `log`.
Tensor log10(Tensor x);
/// log(e^a + e^b), without overflow. Of two infinities that are equal each has half of the
/// gradient, at -inf none.
Tensor logaddexp(const Tensor& a, const Tensor& b);
/// log2(2^a + 2^b), without overflow; gradients as for `logaddexp`.
Tensor logaddexp2(const Tensor& a, const Tensor& b);
/// a log(b), and 0 where a = 0, unless b is NaN. Gradients are 0 at (0, 0).
Tensor xlogy(const Tensor& a, const Tensor& b);
/// log(x / (1 - x)), the inverse of `sigmoid`: infinite at 0 and 1, NaN beyond.
Tensor logit(Tensor x);
/// The same of x limited to [eps, 1 - eps]; the gradient is 0 beyond these bounds. Errors:
/// `ValueError` unless 0 <= eps <= 0.5.
Tensor logit(Tensor x, double eps);

/// @}

/// @cond
namespace formula {

struct Exp2 {
  static constexpr const char* name = "exp2";
  static constexpr auto function = tapegrad::exp2;
  static constexpr const char* onnx = "y = Pow(2, a)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return exp2(x); }
  static auto vjp(auto g, auto, auto y) { return g * (0.693147180559945309 * y); }
};

struct Log2 {
  static constexpr const char* name = "log2";
  static constexpr auto function = tapegrad::log2;
  static constexpr const char* onnx = "y = Div(Log(a), 0.693147180559945309)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.2, 3};
  static auto forward(auto x) { return log2(x); }
  static auto vjp(auto g, auto x, auto) { return g / (x * 0.693147180559945309); }
};

struct Log10 {
  static constexpr const char* name = "log10";
  static constexpr auto function = tapegrad::log10;
  static constexpr const char* onnx = "y = Div(Log(a), 2.30258509299404568)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.2, 3};
  static auto forward(auto x) { return log10(x); }
  static auto vjp(auto g, auto x, auto) { return g / (x * 2.30258509299404568); }
};

/// The larger one, and log(1 + e^-d) for the distance d. d/da = sigmoid(a - b).
struct LogAddExp {
  static constexpr const char* name = "logaddexp";
  static constexpr auto function = tapegrad::logaddexp;
  static constexpr const char* onnx =
      "y = Add(Max(a, b), log1p(Exp(Where(Equal(a, b), 0, Neg(Abs(Sub(a, b)))))))";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static auto forward(auto a, auto b) {
    return maximum(a, b) + log1p(exp(-abs(where(a == b, 0, a - b))));
  }
  /// `scale`: the logarithm of the base.
  static auto share(auto g, auto a, auto b, double scale) {
    constexpr double inf = __builtin_inf();
    const auto infinite = (a == b) & (abs(a) == inf);
    const auto part = sigmoid(scale * where(infinite, 0, a - b));
    return g * where(infinite & (a < 0), 0, part);
  }
  static auto vjp_a(auto g, auto a, auto b, auto) { return share(g, a, b, 1); }
  static auto vjp_b(auto g, auto a, auto b, auto) { return share(g, b, a, 1); }
};

struct LogAddExp2 {
  static constexpr const char* name = "logaddexp2";
  static constexpr auto function = tapegrad::logaddexp2;
  static constexpr const char* onnx =
      "y = Add(Max(a, b), Div(log1p(Pow(2, Where(Equal(a, b), 0, Neg(Abs(Sub(a, b)))))), "
      "0.693147180559945309))";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr double log_2 = 0.693147180559945309;
  static auto forward(auto a, auto b) {
    return maximum(a, b) + log1p(exp2(-abs(where(a == b, 0, a - b)))) / log_2;
  }
  static auto vjp_a(auto g, auto a, auto b, auto) { return LogAddExp::share(g, a, b, log_2); }
  static auto vjp_b(auto g, auto a, auto b, auto) { return LogAddExp::share(g, b, a, log_2); }
};

struct Xlogy {
  static constexpr const char* name = "xlogy";
  static constexpr auto function = tapegrad::xlogy;
  static constexpr const char* onnx =
      "y = Where(And(Equal(a, 0), Not(IsNaN(b))), 0, Mul(a, Log(b)))";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{-2, 2}, {0.3, 2}};
  static auto forward(auto a, auto b) { return where((a == 0) & (b == b), 0, a * log(b)); }
  static auto vjp_a(auto g, auto a, auto b, auto) {
    return g * log(where((a == 0) & (b <= 0), 1, b));
  }
  static auto vjp_b(auto g, auto a, auto b, auto) {
    return g * (a / where((a == 0) & (b == 0), 1, b));
  }
};

/// Near 1/2 as the logarithm of a number near 1, in which nothing cancels. `eps` below 0: no
/// bounds. d/dx = 1 / (x (1 - x)).
struct Logit {
  static constexpr const char* name = "logit";
  static constexpr const char* onnx =
      "c = Clip(a, {eps}, Sub(1, {eps})); y = Log(Div(c, Sub(1, c)))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 0.9};
  double eps = -1;
  static constexpr void visit(auto& op, auto f) { f("eps", op.eps); }
  auto forward(auto x) const {
    const auto z = minimum(maximum(x, eps), 1 - eps);
    return where(abs(z - 0.5) < 0.25, log1p((2 * z - 1) / (1 - z)), log(z / (1 - z)));
  }
  auto vjp(auto g, auto x, auto) const {
    const double low = eps < 0 ? 0 : eps, outside = eps < 0 ? __builtin_nan("") : 0;
    return where((x < low) | (x > 1 - low), outside, g / (x * (1 - x)));
  }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Logarithms = List<Exp2, Log2, Log10, LogAddExp, LogAddExp2, Xlogy, Logit>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
