#pragma once

/// @file
/// Sine, cosine and the hyperbolic tangent, with vectors for each instruction set.
///
///     tg::Tensor t = tg::linspace(0, 6.28, 100);
///     tg::Tensor wave = tg::sin(t) * tg::tanh(t);

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup functions
/// @{

/// The sine, of an angle in radians.
Tensor sin(Tensor x);
/// The cosine, of an angle in radians.
Tensor cos(Tensor x);
/// The hyperbolic tangent. The gradient is 1 - tanh(x)^2, from the rounded value, so that it is 0
/// where this has become -1 or 1.
Tensor tanh(Tensor x);

/// @}

/// @cond
namespace formula {

struct Sin {
  static constexpr const char* name = "sin";
  static constexpr auto function = tapegrad::sin;
  static constexpr const char* onnx = "y = Sin(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return sin(x); }
  static auto vjp(auto g, auto x, auto) { return g * cos(x); }
};

struct Cos {
  static constexpr const char* name = "cos";
  static constexpr auto function = tapegrad::cos;
  static constexpr const char* onnx = "y = Cos(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-3, 3};
  static auto forward(auto x) { return cos(x); }
  static auto vjp(auto g, auto x, auto) { return -g * sin(x); }
};

/// d/dx = 1 - y^2.
struct Tanh {
  static constexpr const char* name = "tanh";
  static constexpr auto function = tapegrad::tanh;
  static constexpr const char* onnx = "y = Tanh(a)";
  static constexpr Reads reads = kY;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return tanh(x); }
  static auto vjp(auto g, auto, auto y) { return g * (1 - y * y); }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Trigonometric = List<Sin, Cos, Tanh>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
