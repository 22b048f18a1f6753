#pragma once

/// @file
/// The gamma function's logarithm and its derivatives, the inverse error function, `sinc`.
///
///     tg::Tensor rates = tg::tensor({1.5, 3.0}).requires_grad_();
///     tg::Tensor counts = tg::tensor({2.0, 4.0});  // log-likelihood of Poisson
///     tg::Tensor likelihood = tg::sum(counts * tg::log(rates) - rates - tg::lgamma(counts + 1));

#include <cstdint>

#include "autograd/ops/elementwise/rounding.h"
#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup functions
/// @{

/// log |Gamma(x)|; inf at 0, -1, -2, ...
Tensor lgamma(Tensor x);
/// The derivative of `lgamma`. -inf at 0, inf at -0, NaN at -1, -2, ...
Tensor digamma(Tensor x);
/// The derivative of order n of `digamma`, and `digamma` for n = 0. Errors: `ValueError` for n < 0.
Tensor polygamma(std::int64_t n, Tensor x);
/// The inverse of `erf`: infinite at -1 and 1, with gradient inf; NaN beyond.
Tensor erfinv(Tensor x);
/// sin(pi x) / (pi x), and 1 at 0, with gradient 0.
Tensor sinc(Tensor x);

/// @}

/// @cond
namespace formula {

/// Goes on after "there is no ONNX operator for it: ", as `NoOnnx`, which formulas do not include.
struct NoText {
  const char* reason;
};

struct Lgamma {
  static constexpr const char* name = "lgamma";
  static constexpr auto function = tapegrad::lgamma;
  static constexpr NoText onnx{"ONNX has no gamma function"};
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.3, 4};
  static auto forward(auto x) { return lgamma(x); }
  static auto vjp(auto g, auto x, auto) { return g * digamma(x); }
};

struct Digamma {
  static constexpr const char* name = "digamma";
  static constexpr auto function = tapegrad::digamma;
  static constexpr NoText onnx{"ONNX has no gamma function"};
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.5, 4};
  static auto forward(auto x) { return digamma(x); }
  static auto vjp(auto g, auto x, auto) { return g * polygamma(1, x); }
};

struct Polygamma {
  static constexpr const char* name = "polygamma";
  static constexpr NoText onnx{"ONNX has no gamma function"};
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.7, 4};
  std::int64_t n = 1;
  static constexpr void visit(auto& op, auto f) { f("n", op.n); }
  auto forward(auto x) const { return polygamma(n, x); }
  auto vjp(auto g, auto x, auto) const { return g * polygamma(n + 1, x); }
};

/// d/dx = sqrt(pi) / 2 e^(y^2). With y computed anew: the rounding of y would count 2 y^2 times.
struct Erfinv {
  static constexpr const char* name = "erfinv";
  static constexpr auto function = tapegrad::erfinv;
  static constexpr NoText onnx{"ONNX has no inverse of the error function"};
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-0.8, 0.8};
  static auto forward(auto x) { return erfinv(x); }
  static auto vjp(auto g, auto x, auto) {
    const auto y = erfinv(x);
    return g * (0.886226925452758014 * exp(y * y));
  }
};

/// The sine of pi x after whole turns, which are exact. d/dx = (cos(pi x) - y) / x, and near 0,
/// where that cancels, the series of pi^2 x times -2/3!, 4/5! u, -6/7! u^2, ... for u = (pi x)^2.
struct Sinc {
  static constexpr const char* name = "sinc";
  static constexpr auto function = tapegrad::sinc;
  static constexpr const char* onnx =
      "r = Sub(a, Mul(2, Round(Mul(0.5, a)))); y = Where(Equal(a, 0), 1, "
      "Div(Sin(Mul(r, 3.14159265358979324)), Mul(a, 3.14159265358979324)))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static constexpr double pi = 3.14159265358979324;
  static auto angle(auto x) { return pi * (x - 2 * round(0.5 * x)); }
  static auto forward(auto x) {
    return where(x == 0, 1, sin(angle(x)) / (pi * where(x == 0, 1, x)));
  }
  static auto vjp(auto g, auto x, auto) {
    const auto is_near = abs(x) < 0.1;
    const auto away = where(is_near, 1, x);
    const auto z = angle(away), inner = where(is_near, x, 0);
    const auto u = (pi * pi) * (inner * inner);
    const auto less = 1. / 45360 - u * (1. / 3991680 - u * (1. / 518918400));
    const auto sum = -1. / 3 + u * (1. / 30 - u * (1. / 840 - u * less));
    return g * where(is_near, (pi * pi) * inner * sum, (cos(z) - sin(z) / (pi * away)) / away);
  }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Gamma = List<Lgamma, Digamma, Polygamma, Erfinv, Sinc>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
