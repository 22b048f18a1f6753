#pragma once

/// @file
/// The error function, and what it leaves to 1.
///
///     tg::Tensor x = tg::tensor({0.5, 3.0});
///     tg::Tensor tail = 0.5 * tg::erfc(x / std::sqrt(2.0));  // that a normal number is above x

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup functions
/// @{

/// The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.
Tensor erf(Tensor x);
/// 1 - erf(x), exact also where erf(x) is near 1.
Tensor erfc(Tensor x);

/// @}

/// @cond
namespace formula {

/// d/dx = 2 / sqrt(pi) e^(-x^2).
struct Erf {
  static constexpr const char* name = "erf";
  static constexpr auto function = tapegrad::erf;
  static constexpr const char* onnx = "y = Erf(a)";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return erf(x); }
  static auto vjp(auto g, auto x, auto) {
    const auto near = minimum(maximum(x, -30), 30);  // no inf * 0 in the second derivative
    return g * (1.1283791670955126 * exp(-near * near));
  }
};

/// d/dx = -2 / sqrt(pi) e^(-x^2). ONNX has none: what it makes of this loses the digits that `erfc`
/// is for.
struct Erfc {
  static constexpr const char* name = "erfc";
  static constexpr auto function = tapegrad::erfc;
  static constexpr const char* onnx = "y = Sub(1, Erf(a))";
  static constexpr Reads reads = kA;
  static constexpr Samples samples{-2, 2};
  static auto forward(auto x) { return erfc(x); }
  static auto vjp(auto g, auto x, auto) { return -Erf::vjp(g, x, x); }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Special = List<Erf, Erfc>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
