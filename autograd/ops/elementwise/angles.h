#pragma once

/// @file
/// Angles and hyperbolic functions that are seldom used: `tan`, the inverse functions, `sinh`,
/// `hypot`. One loop over single numbers computes all of them.
///
///     tg::Tensor x = tg::tensor({3.0}), y = tg::tensor({4.0});
///     tg::Tensor angle = tg::atan2(y, x), radius = tg::hypot(x, y);

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup functions
/// Integers become the default type.
/// @{

/// The tangent, of an angle in radians.
Tensor tan(Tensor x);
/// The angle in [-pi/2, pi/2] of which x is the sine; NaN beyond -1 and 1, where the gradient is
/// inf.
Tensor asin(Tensor x);
/// The angle in [0, pi] of which x is the cosine; NaN beyond -1 and 1, where the gradient is -inf.
Tensor acos(Tensor x);
/// The angle in (-pi/2, pi/2) of which x is the tangent.
Tensor atan(Tensor x);
/// The angle in [-pi, pi] of the point (b, a), which is atan(a / b) where b > 0. At (0, 0) and at
/// infinity the gradients are 0.
Tensor atan2(const Tensor& a, const Tensor& b);
/// sqrt(a^2 + b^2), without overflow; gradients 0 at (0, 0), the least norm.
Tensor hypot(const Tensor& a, const Tensor& b);
/// The hyperbolic sine, (e^x - e^-x) / 2.
Tensor sinh(Tensor x);
/// The hyperbolic cosine, (e^x + e^-x) / 2.
Tensor cosh(Tensor x);
/// The inverse of `sinh`, log(x + sqrt(x^2 + 1)).
Tensor asinh(Tensor x);
/// The inverse of `cosh`, log(x + sqrt(x^2 - 1)): NaN below 1, where the gradient is inf.
Tensor acosh(Tensor x);
/// The inverse of `tanh`, log((1 + x) / (1 - x)) / 2: inf at 1, with gradient inf; NaN beyond.
Tensor atanh(Tensor x);

/// @}

/// @cond
namespace formula {

/// d/dx = 1 + y^2.
struct Tan {
  static constexpr const char* name = "tan";
  static constexpr auto function = tapegrad::tan;
  static constexpr const char* onnx = "y = Tan(a)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-1.2, 1.2};
  static auto forward(auto x) { return tan(x); }
  static auto vjp(auto g, auto, auto y) { return g * (1 + y * y); }
};

/// d/dx = 1 / sqrt(1 - x^2), as a product in which nothing cancels near 1.
struct Asin {
  static constexpr const char* name = "asin";
  static constexpr auto function = tapegrad::asin;
  static constexpr const char* onnx = "y = Asin(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-0.8, 0.8};
  static auto forward(auto x) { return asin(x); }
  static auto vjp(auto g, auto x, auto) { return g / sqrt((1 - x) * (1 + x)); }
};

struct Acos {
  static constexpr const char* name = "acos";
  static constexpr auto function = tapegrad::acos;
  static constexpr const char* onnx = "y = Acos(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-0.8, 0.8};
  static auto forward(auto x) { return acos(x); }
  static auto vjp(auto g, auto x, auto) { return -g / sqrt((1 - x) * (1 + x)); }
};

struct Atan {
  static constexpr const char* name = "atan";
  static constexpr auto function = tapegrad::atan;
  static constexpr const char* onnx = "y = Atan(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return atan(x); }
  static auto vjp(auto g, auto x, auto) { return g / (1 + x * x); }
};

/// d/da = a / y.
struct Hypot {
  static constexpr const char* name = "hypot";
  static constexpr auto function = tapegrad::hypot;
  static constexpr const char* onnx =
      "m = Max(Abs(a), Abs(b)); q = Div(Min(Abs(a), Abs(b)), m); "
      "y = Where(Equal(m, 0), 0, Mul(m, Sqrt(Add(1, Mul(q, q)))))";
  static constexpr Reads reads[] = {kA | kY, kB | kY};
  static constexpr Samples samples[] = {{0.3, 2, true}, {0.3, 2, true}};
  static auto forward(auto a, auto b) { return hypot(a, b); }
  static auto vjp_a(auto g, auto a, auto, auto y) { return g * (a / where(y == 0, 1, y)); }
  static auto vjp_b(auto g, auto, auto b, auto y) { return g * (b / where(y == 0, 1, y)); }
};

/// d/da = b / (a^2 + b^2).
struct Atan2 {
  static constexpr const char* name = "atan2";
  static constexpr auto function = tapegrad::atan2;
  static constexpr const char* onnx =
      "t = Add(Atan(Div(a, b)), Where(Less(b, 0), Where(Less(a, 0), -3.14159265358979324, "
      "3.14159265358979324), 0)); y = Where(And(Equal(a, 0), Equal(b, 0)), 0, t)";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{0.3, 2, true}, {0.3, 2, true}};
  static auto forward(auto a, auto b) { return atan2(a, b); }
  static auto share(auto g, auto a, auto b, auto other) {
    const auto size = hypot(a, b);
    const auto limit = (size == 0) | (size == __builtin_inf());
    const auto unit = where(limit, 1, size);
    return g * where(limit, 0, other / unit / unit);
  }
  static auto vjp_a(auto g, auto a, auto b, auto) { return share(g, a, b, b); }
  static auto vjp_b(auto g, auto a, auto b, auto) { return share(g, a, b, -a); }
};

struct Sinh {
  static constexpr const char* name = "sinh";
  static constexpr auto function = tapegrad::sinh;
  static constexpr const char* onnx = "y = Sinh(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return sinh(x); }
  static auto vjp(auto g, auto x, auto) { return g * cosh(x); }
};

struct Cosh {
  static constexpr const char* name = "cosh";
  static constexpr auto function = tapegrad::cosh;
  static constexpr const char* onnx = "y = Cosh(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return cosh(x); }
  static auto vjp(auto g, auto x, auto) { return g * sinh(x); }
};

/// d/dx = 1 / sqrt(x^2 + 1).
struct Asinh {
  static constexpr const char* name = "asinh";
  static constexpr auto function = tapegrad::asinh;
  static constexpr const char* onnx = "y = Asinh(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return asinh(x); }
  static auto vjp(auto g, auto x, auto) { return g / hypot(x, 1); }
};

/// d/dx = 1 / sqrt(x^2 - 1), as factors that do not overflow.
struct Acosh {
  static constexpr const char* name = "acosh";
  static constexpr auto function = tapegrad::acosh;
  static constexpr const char* onnx = "y = Acosh(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{1.3, 3};
  static auto forward(auto x) { return acosh(x); }
  static auto vjp(auto g, auto x, auto) { return g / (sqrt(x - 1) * sqrt(x + 1)); }
};

/// d/dx = 1 / (1 - x^2).
struct Atanh {
  static constexpr const char* name = "atanh";
  static constexpr auto function = tapegrad::atanh;
  static constexpr const char* onnx = "y = Atanh(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-0.8, 0.8};
  static auto forward(auto x) { return atanh(x); }
  static auto vjp(auto g, auto x, auto) { return g / ((1 - x) * (1 + x)); }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Angles = List<Tan, Asin, Acos, Atan, Hypot, Atan2, Sinh, Cosh, Asinh, Acosh, Atanh>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
