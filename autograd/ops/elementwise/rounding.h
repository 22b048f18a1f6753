#pragma once

/// @file
/// Rounding, and division with a whole quotient or a remainder.
///
///     tg::Tensor x = tg::tensor({-7.5, 2.5});
///     tg::Tensor y = tg::round(x), down = tg::floor_divide(x, 2), rest = tg::remainder(x, 2);

#include <cstdint>

#include "autograd/ops/formula/formula.h"

namespace tapegrad {

class Tensor;

/// @addtogroup arithmetic
/// Integers stay integers in what rounds, which gives a copy of them, and in what divides.
/// @{

/// The largest whole number that is not above x; gradient 0.
Tensor floor(Tensor x);
/// The smallest whole number that is not below x; gradient 0.
Tensor ceil(Tensor x);
/// The nearest whole number, of two the even one; gradient 0.
Tensor round(Tensor x);
/// The whole part: x without its fraction; gradient 0.
Tensor trunc(Tensor x);
/// The remainder of a / b, with the sign of a: a - trunc(a / b) b, without rounding. NaN where b =
/// 0; integers stay integers, for which that is a `ValueError`. Gradients: 1, -trunc(a / b).
Tensor fmod(const Tensor& a, const Tensor& b);
/// The remainder of a / b, with the sign of b: a - floor(a / b) b, as in Python. NaN where b = 0;
/// integers stay integers, for which that is a `ValueError`. Gradients: 1, -floor(a / b).
Tensor remainder(const Tensor& a, const Tensor& b);
/// floor(a / b), for the quotient that belongs to `remainder`; gradient 0. Integers stay integers,
/// for which b = 0 is a `ValueError`.
Tensor floor_divide(const Tensor& a, const Tensor& b);

/// @}

/// @cond
namespace formula {

/// The functions of these names, of integers. By 0 they are 0, since that is refused before, and
/// nothing overflows.
/// @{
inline std::int64_t fmod(std::int64_t a, std::int64_t b) noexcept {
  return b == 0 || b == -1 ? 0 : a % b;
}
inline std::int64_t remainder(std::int64_t a, std::int64_t b) noexcept {
  const std::int64_t rest = fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
inline std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
  if (b == 0) return 0;
  if (b == -1) return static_cast<std::int64_t>(-static_cast<std::uint64_t>(a));
  const std::int64_t rest = a % b;
  return a / b - (rest != 0 && (rest < 0) != (b < 0));
}
/// @}

/// What `floor` and its like have in common: a derivative that is 0.
struct Steps {
  static constexpr Reads reads = kNone;
  static auto vjp(auto g, auto, auto) { return where(g == g, 0, 0); }
};

struct Floor : Steps {
  static constexpr const char* name = "floor";
  static constexpr auto function = tapegrad::floor;
  static constexpr const char* onnx = "y = Floor(a)";
  static constexpr Samples samples{0.1, 0.9, true};
  static auto forward(auto x) { return floor(x); }
};

struct Ceil : Steps {
  static constexpr const char* name = "ceil";
  static constexpr auto function = tapegrad::ceil;
  static constexpr const char* onnx = "y = Ceil(a)";
  static constexpr Samples samples{0.1, 0.9, true};
  static auto forward(auto x) { return ceil(x); }
};

struct Round : Steps {
  static constexpr const char* name = "round";
  static constexpr auto function = tapegrad::round;
  static constexpr const char* onnx = "y = Round(a)";
  static constexpr Samples samples{0.6, 1.4, true};
  static auto forward(auto x) { return round(x); }
};

struct Trunc : Steps {
  static constexpr const char* name = "trunc";
  static constexpr auto function = tapegrad::trunc;
  static constexpr const char* onnx = "y = Mul(Sign(a), Floor(Abs(a)))";
  static constexpr Samples samples{0.1, 0.9, true};
  static auto forward(auto x) { return trunc(x); }
};

struct Fmod {
  static constexpr const char* name = "fmod";
  static constexpr auto function = tapegrad::fmod;
  static constexpr const char* onnx = "y = Mod<fmod=1>(a, b)";
  static constexpr Reads reads[] = {kNone, kA | kB};
  static constexpr Samples samples[] = {{5.1, 5.4, true}, {1.1, 1.2, true}};
  static constexpr bool integers = true;
  static auto forward(auto a, auto b) { return fmod(a, b); }
  static auto vjp_a(auto g, auto, auto, auto) { return g; }
  static auto vjp_b(auto g, auto a, auto b, auto) { return -g * trunc(a / b); }
};

struct Remainder {
  static constexpr const char* name = "remainder";
  static constexpr auto function = tapegrad::remainder;
  static constexpr const char* onnx =
      "m = Mod<fmod=1>(a, b); y = Where(And(Not(Equal(m, 0)), Xor(Less(m, 0), Less(b, 0))), "
      "Add(m, b), m)";
  static constexpr Reads reads[] = {kNone, kA | kB};
  static constexpr Samples samples[] = {{5.1, 5.4, true}, {1.1, 1.2, true}};
  static constexpr bool integers = true;
  static auto forward(auto a, auto b) { return remainder(a, b); }
  static auto vjp_a(auto g, auto, auto, auto) { return g; }
  static auto vjp_b(auto g, auto a, auto b, auto) { return -g * floor_divide(a, b); }
};

/// ONNX's division of integers has no fraction, so that both kinds of numbers do with one text.
struct FloorDivide {
  static constexpr const char* name = "floor_divide";
  static constexpr auto function = tapegrad::floor_divide;
  static constexpr const char* onnx =
      "y = CastLike(Round(Cast<to=11>(Div(Sub(a, remainder(a, b)), b))), a)";
  static constexpr Reads reads[] = {kNone, kNone};
  static constexpr Samples samples[] = {{5.1, 5.4, true}, {1.1, 1.2, true}};
  static constexpr bool integers = true;
  static auto forward(auto a, auto b) { return floor_divide(a, b); }
  static auto vjp_a(auto g, auto, auto, auto) { return where(g == g, 0, 0); }
  static auto vjp_b(auto g, auto, auto, auto) { return where(g == g, 0, 0); }
};

/// The formulas of this family. One that is not here does not compile where it is used.
using Roundings = List<Floor, Ceil, Round, Trunc, Fmod, Remainder, FloorDivide>;

}  // namespace formula
/// @endcond

}  // namespace tapegrad
