#pragma once

/// @file
/// Arithmetic of each element; the signs are in autograd/ops/signs.h.
///
///     tg::Tensor a = tg::tensor({1.0, -2.0}), b = tg::tensor({3.0, 4.0});
///     tg::Tensor y = tg::maximum(tg::abs(a), b) / b;

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup arithmetic
/// Integers stay integers, except in `div` and `reciprocal`, which give the default type.
/// @{

/// a + b. The sum of truth values is their "or".
Tensor add(const Tensor& a, const Tensor& b);
/// a - b. Errors: `DTypeError` for `bool`, which has no difference (`logical_xor` is near it).
Tensor sub(const Tensor& a, const Tensor& b);
/// a b, element by element; `matmul` is the product of matrices. That of truth values is their
/// "and".
Tensor mul(const Tensor& a, const Tensor& b);
/// a / b, true division: integers give the default type.
Tensor div(const Tensor& a, const Tensor& b);
/// The larger of each pair; a tie splits the gradient in halves; NaN wins and takes the gradient.
Tensor maximum(const Tensor& a, const Tensor& b);
/// The smaller of each pair; ties and NaN as for `maximum`.
Tensor minimum(const Tensor& a, const Tensor& b);
/// -x. Errors: `DTypeError` for `bool` (`logical_not` is what is meant).
Tensor neg(Tensor x);
/// The absolute value; gradient 0 at 0 and NaN.
Tensor abs(Tensor x);
/// -1, 0 or 1, or NaN for NaN; gradient 0.
Tensor sign(Tensor x);
/// x^2.
Tensor square(Tensor x);
/// 1 / x: inf at 0, with gradient -inf.
Tensor reciprocal(Tensor x);

/// @}

/// @cond
namespace formula {

struct Add {
  static constexpr const char* name = "add";
  static constexpr auto function = tapegrad::add;
  static constexpr const char* onnx = "y = Add(a, b)";
  static constexpr Reads reads[] = {kNone, kNone};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::logical_or;
  static auto forward(auto a, auto b) { return a + b; }
  static auto vjp_a(auto g, auto, auto, auto) { return g; }
  static auto vjp_b(auto g, auto, auto, auto) { return g; }
};

struct Sub {
  static constexpr const char* name = "sub";
  static constexpr auto function = tapegrad::sub;
  static constexpr const char* onnx = "y = Sub(a, b)";
  static constexpr Reads reads[] = {kNone, kNone};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::no_difference;
  static auto forward(auto a, auto b) { return a - b; }
  static auto vjp_a(auto g, auto, auto, auto) { return g; }
  static auto vjp_b(auto g, auto, auto, auto) { return -g; }
};

struct Mul {
  static constexpr const char* name = "mul";
  static constexpr auto function = tapegrad::mul;
  static constexpr const char* onnx = "y = Mul(a, b)";
  static constexpr Reads reads[] = {kB, kA};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::logical_and;
  static auto forward(auto a, auto b) { return a * b; }
  static auto vjp_a(auto g, auto, auto b, auto) { return g * b; }
  static auto vjp_b(auto g, auto a, auto, auto) { return g * a; }
};

struct Div {
  static constexpr const char* name = "div";
  static constexpr auto function = tapegrad::div;
  static constexpr const char* onnx = "y = Div(a, b)";
  static constexpr Reads reads[] = {kB, kB | kY};
  static constexpr Samples samples[] = {{-2, 2}, {0.5, 2, true}};
  static auto forward(auto a, auto b) { return a / b; }
  static auto vjp_a(auto g, auto, auto b, auto) { return g / b; }
  static auto vjp_b(auto g, auto, auto b, auto y) { return -(g * y / b); }
};

struct Maximum {
  static constexpr const char* name = "maximum";
  static constexpr auto function = tapegrad::maximum;
  static constexpr const char* onnx = "y = Max(a, b)";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::logical_or;
  static auto forward(auto a, auto b) { return maximum(a, b); }
  static auto share(auto g, auto a, auto b) {
    const auto tie = (a == b) | ((a != a) & (b != b));
    return where(tie, 0.5 * g, where((a > b) | ((a != a) & (b == b)), g, 0));
  }
  static auto vjp_a(auto g, auto a, auto b, auto) { return share(g, a, b); }
  static auto vjp_b(auto g, auto a, auto b, auto) { return share(g, b, a); }
};

/// With the rules of `Maximum`.
struct Minimum {
  static constexpr const char* name = "minimum";
  static constexpr auto function = tapegrad::minimum;
  static constexpr const char* onnx = "y = Min(a, b)";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::logical_and;
  static auto forward(auto a, auto b) { return minimum(a, b); }
  static auto vjp_a(auto g, auto a, auto b, auto) { return Maximum::share(g, -a, -b); }
  static auto vjp_b(auto g, auto a, auto b, auto) { return Maximum::share(g, -b, -a); }
};

struct Neg {
  static constexpr const char* name = "neg";
  static constexpr auto function = tapegrad::neg;
  static constexpr const char* onnx = "y = Neg(a)";
  static constexpr Reads reads = kNone;
  static constexpr Samples samples{-2, 2};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::no_negative;
  static auto forward(auto x) { return -x; }
  static auto vjp(auto g, auto, auto) { return -g; }
};

/// At 0 the subgradient of least norm.
struct Abs {
  static constexpr const char* name = "abs";
  static constexpr auto function = tapegrad::abs;
  static constexpr const char* onnx = "y = Abs(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{0.1, 2, true};
  static constexpr bool integers = true;
  static auto forward(auto x) { return abs(x); }
  static auto vjp(auto g, auto x, auto) { return where(x > 0, g, where(x < 0, -g, 0)); }
};

struct Sign {
  static constexpr const char* name = "sign";
  static constexpr auto function = tapegrad::sign;
  static constexpr const char* onnx = "y = Sign(a)";
  static constexpr Reads reads = kNone;
  static constexpr Samples samples{0.1, 2, true};
  static constexpr bool integers = true;
  static auto forward(auto x) { return where(x > 0, 1, where(x < 0, -1, x * 0)); }
  static auto vjp(auto g, auto, auto) { return where(g == g, 0, 0); }
};

/// d/dx = 2x.
struct Square {
  static constexpr const char* name = "square";
  static constexpr auto function = tapegrad::square;
  static constexpr const char* onnx = "y = Mul(a, a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static constexpr bool integers = true;
  static auto forward(auto x) { return x * x; }
  static auto vjp(auto g, auto x, auto) { return g * (2 * x); }
};

/// d/dx = -y^2.
struct Reciprocal {
  static constexpr const char* name = "reciprocal";
  static constexpr auto function = tapegrad::reciprocal;
  static constexpr const char* onnx = "y = Reciprocal(a)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{0.3, 3, true};
  static auto forward(auto x) { return 1 / x; }
  static auto vjp(auto g, auto, auto y) { return -g * y * y; }
};

/// x limited to [low, high]; the derivative is 1 at the bounds, 0 at NaN.
struct Clamp {
  static constexpr const char* name = "clamp";
  static constexpr const char* onnx = "y = Clip(a, {low}, {high})";
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

/// The formulas of this family. One that is not here does not compile where it is used.
using Arithmetic =
    List<Add, Sub, Mul, Div, Maximum, Minimum, Neg, Abs, Sign, Square, Reciprocal, Clamp>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
