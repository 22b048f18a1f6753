#pragma once

#include "autograd/ops/formula/formula.h"

// Functions of two elements. `reads[0]` is what the rule of the first input reads, `reads[1]` that
// of the second: kA and kB the inputs, kY the output. Broadcasting is none of their business.

namespace tapegrad::formula {

struct Add {
  static constexpr const char* name = "add";
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
  static constexpr Reads reads[] = {kB, kB | kY};
  static constexpr Samples samples[] = {{-2, 2}, {0.5, 2, true}};
  static auto forward(auto a, auto b) { return a / b; }
  static auto vjp_a(auto g, auto, auto b, auto) { return g / b; }
  static auto vjp_b(auto g, auto, auto b, auto y) { return -(g * y / b); }
};

/// a^b with C's special cases. d/da = b a^(b-1); d/db = y log a. Both are 0, not NaN, where a = 0
/// or b = 0 make the factor that vanishes win.
struct Pow {
  static constexpr const char* name = "pow";
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

/// The larger. A tie is split in halves; a NaN operand wins and takes the gradient.
struct Maximum {
  static constexpr const char* name = "maximum";
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

/// The smaller, with the rules of `Maximum`.
struct Minimum {
  static constexpr const char* name = "minimum";
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  static constexpr Samples samples[] = {{-2, 2}, {-2, 2}};
  static constexpr bool integers = true;
  static constexpr OnBool on_bool = OnBool::logical_and;
  static auto forward(auto a, auto b) { return minimum(a, b); }
  static auto vjp_a(auto g, auto a, auto b, auto) { return Maximum::share(g, -a, -b); }
  static auto vjp_b(auto g, auto a, auto b, auto) { return Maximum::share(g, -b, -a); }
};

/// Every function of two elements. One that is not here does not compile where it is used.
using Binary = List<Add, Sub, Mul, Div, Pow, Maximum, Minimum>;

}  // namespace tapegrad::formula
