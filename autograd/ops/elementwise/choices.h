#pragma once

/// @file
/// Functions of two numbers that choose one, and are seldom used: `fmax`, `copysign`, `heaviside`.
///
///     tg::Tensor x = tg::tensor({1.0, NAN});
///     tg::Tensor y = tg::fmax(x, 0.0);  // a NaN loses, where it wins in maximum

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup arithmetic
/// @{

/// |a| with the sign of b, also that of -0. Gradients: 1 or -1, and 0 at a = 0; 0 for b. Integers
/// become the default type.
Tensor copysign(const Tensor& a, const Tensor& b);
/// 0 for x < 0, 1 for x > 0 and `values` at 0; 0 for NaN. `values` has the gradient where x = 0,
/// and x none. Integers stay integers.
Tensor heaviside(const Tensor& x, const Tensor& values);
/// The larger of each pair, or the other one where one is NaN. At a tie `a` has the gradient.
Tensor fmax(const Tensor& a, const Tensor& b);
/// The smaller of each pair; ties and NaN as for `fmax`.
Tensor fmin(const Tensor& a, const Tensor& b);

/// @}

/// @cond
namespace formula {

struct Copysign {
  static constexpr const char* name = "copysign";
  static constexpr auto function = tapegrad::copysign;
  static constexpr const char* onnx =
      "s = Where(Equal(b, 0), Div(1, b), b); y = Where(Less(s, 0), Neg(Abs(a)), Abs(a))";
  static constexpr Reads reads[] = {kA | kY, kNone};
  static constexpr Samples samples[] = {{0.1, 2, true}, {0.1, 2, true}};
  static auto forward(auto a, auto b) { return copysign(a, b); }
  static auto vjp_a(auto g, auto a, auto, auto y) {
    return where((a == 0) | (a != a), 0, where(y == a, g, -g));
  }
  static auto vjp_b(auto g, auto, auto, auto) { return where(g == g, 0, 0); }
};

struct Heaviside {
  static constexpr const char* name = "heaviside";
  static constexpr auto function = tapegrad::heaviside;
  static constexpr const char* onnx = "y = Where(Equal(a, 0), b, Where(Greater(a, 0), 1, 0))";
  static constexpr Reads reads[] = {kNone, kA};
  static constexpr Samples samples[] = {{0.1, 2, true}, {-2, 2}};
  static constexpr bool integers = true;
  static auto forward(auto a, auto b) { return where(a == 0, b, where(a > 0, 1, 0)); }
  static auto vjp_a(auto g, auto, auto, auto) { return where(g == g, 0, 0); }
  static auto vjp_b(auto g, auto a, auto, auto) { return where(a == 0, g, 0); }
};

struct Fmax {
  static constexpr const char* name = "fmax";
  static constexpr auto function = tapegrad::fmax;
  static constexpr const char* onnx = "y = Where(IsNaN(b), a, Where(GreaterOrEqual(a, b), a, b))";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::logical_or;
  static auto takes_a(auto a, auto b) { return (a >= b) | (b != b); }
  static auto forward(auto a, auto b) { return where(takes_a(a, b), a, b); }
  static auto vjp_a(auto g, auto a, auto b, auto) { return where(takes_a(a, b), g, 0); }
  static auto vjp_b(auto g, auto a, auto b, auto) { return where(takes_a(a, b), 0, g); }
};

/// With the rules of `Fmax`.
struct Fmin {
  static constexpr const char* name = "fmin";
  static constexpr auto function = tapegrad::fmin;
  static constexpr const char* onnx = "y = Where(IsNaN(b), a, Where(LessOrEqual(a, b), a, b))";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::logical_and;
  static auto forward(auto a, auto b) { return where((a <= b) | (b != b), a, b); }
  static auto vjp_a(auto g, auto a, auto b, auto y) { return Fmax::vjp_a(g, -a, -b, y); }
  static auto vjp_b(auto g, auto a, auto b, auto y) { return Fmax::vjp_b(g, -a, -b, y); }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Choices = List<Copysign, Heaviside, Fmax, Fmin>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
