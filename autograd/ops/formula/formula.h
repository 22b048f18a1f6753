#pragma once

#include <cstdint>

#include "autograd/ops/formula/list.h"
#include "autograd/tape/reads.h"

// Internal: what the formulas of elementwise operators are written with.
//
// Each struct is a whole operator: what it is called (`name`), the function that is declared beside
// it (`function`, left out where that has options), what its rule reads (`reads`: kA and kB the
// inputs, kY the output; an array for two inputs, whose rules are `vjp_a` and `vjp_b`), where the
// checker draws from (`samples`), its value and its derivatives. `integers`: int64 stays as it is,
// and does not become the default type. `on_bool`: what truth values alone do instead. Options are
// members, which `visit` shows. `onnx`: the operator in ONNX, as `apply` explains it; a call in
// small letters, `expm1(a)`, is the formula of that name. Broadcasting is none of their business.
//
// A formula is one generic text. Instantiated with a SIMD vector it is the fused kernel; with
// `Tensor` it is the differentiable form that a recorded backward uses; operators that take
// integers instantiate it with `int64_t` too. So a formula uses arithmetic, comparisons, `where`
// and named functions only. Nothing of the engine is included, here or where formulas are: the same
// text can be compiled by itself, for another machine too (number.h has what plain numbers need for
// it, and functions.h what those formulas need that are seldom used).

namespace tapegrad::formula {

/// @addtogroup formulas
/// @{
/// @cond

/// Where the checker draws an argument from: [low, high], and its mirror image too when `mirrored`,
/// which leaves a gap around a kink at 0.
struct Samples {
  double low, high;
  bool mirrored = false;
};

/// What an operator does to truth values alone, where that is not what it does to integers; the
/// last two are errors that name the way out.
enum class OnBool { logical_or, logical_and, no_difference, no_negative };

// The functions that formulas of integer operators need, for plain numbers.
inline std::int64_t where(bool condition, std::int64_t a, std::int64_t b) {
  return condition ? a : b;
}
inline std::int64_t maximum(std::int64_t a, std::int64_t b) { return a > b ? a : b; }
inline std::int64_t minimum(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
inline std::int64_t abs(std::int64_t x) { return x < 0 ? -x : x; }
/// By repeated squaring. The whole part of 1 / base^n for a negative exponent, as in PyTorch.
inline std::int64_t pow(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
  std::int64_t result = 1;
  for (; exponent > 0; exponent /= 2, base *= base) {
    if (exponent % 2 == 1) result *= base;
  }
  return result;
}

/// @endcond
/// @}

}  // namespace tapegrad::formula
