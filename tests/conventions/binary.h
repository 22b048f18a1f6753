#pragma once

#include "tests/conventions/rows.h"

// Functions of two elements, of one and a number, and what gets one tensor twice. All rows of the
// specification are of functions that exist here.

namespace conventions {

// Rows are lines, as the specification has them.
// clang-format off

inline constexpr Row kBinary[] = {
    // op, points, function, {input, gradient}..., value, second derivative, what PyTorch gives
    {"maximum", "ties: one half each", [](Inputs x) { return tg::maximum(x[0], x[1]); },
     {{{2, 1, 3, inf, 0}, {0.5, 0, 1, 0.5, 0.5}}, {{2, 2, 2, inf, -0.0}, {0.5, 1, 0, 0.5, 0.5}}},
     {2, 2, 3, inf, 0}},
    {"maximum", "NaN: to the operand that is one", [](Inputs x) { return tg::maximum(x[0], x[1]); },
     {{{NaN, 1, NaN}, {1, 0, 0.5}}, {{1, NaN, NaN}, {0, 1, 0.5}}}, {NaN, NaN, NaN}, {},
     "1, 1: sums to 2"},
    {"minimum", "ties: one half each", [](Inputs x) { return tg::minimum(x[0], x[1]); },
     {{{2, 1, 3, -inf}, {0.5, 1, 0, 0.5}}, {{2, 2, 2, -inf}, {0.5, 0, 1, 0.5}}}, {2, 1, 2, -inf}},
    {"minimum", "NaN: to the operand that is one", [](Inputs x) { return tg::minimum(x[0], x[1]); },
     {{{NaN, 1, NaN}, {1, 0, 0.5}}, {{1, NaN, NaN}, {0, 1, 0.5}}}, {NaN, NaN, NaN}, {},
     "1, 1: sums to 2"},
    {"maximum", "with 0, where relu has 0", [](Inputs x) { return tg::maximum(x[0], 0); },
     {{{0, 1, -1}, {0.5, 1, 0}}}, {0, 1, 0}},
    {"maximum", "of one tensor with itself", [](Inputs x) { return tg::maximum(x[0], x[0]); },
     {{{3, NaN}, {1, 1}}}, {3, NaN}},
    {"minimum", "of one tensor with itself", [](Inputs x) { return tg::minimum(x[0], x[0]); },
     {{{3, NaN}, {1, 1}}}, {3, NaN}},
    {"fmax", "ties: the first; NaN: the other", [](Inputs x) { return tg::fmax(x[0], x[1]); },
     {{{2, NaN, 1}, {1, 0, 1}}, {{2, 1, NaN}, {0, 1, 0}}}, {2, 1, 1}},
    {"fmin", "ties: the first; NaN: the other", [](Inputs x) { return tg::fmin(x[0], x[1]); },
     {{{2, NaN, 1}, {1, 0, 1}}, {{2, 1, NaN}, {0, 1, 0}}}, {2, 1, 1}},
    {"fmax", "of one tensor with itself", [](Inputs x) { return tg::fmax(x[0], x[0]); },
     {{{3, NaN}, {1, 1}}}, {3, NaN}},
    {"fmin", "of one tensor with itself", [](Inputs x) { return tg::fmin(x[0], x[0]); },
     {{{3, NaN}, {1, 1}}}, {3, NaN}},
    {"clamp", "numbers: passes in the closed interval",
     [](Inputs x) { return tg::clamp(x[0], -1, 2); },
     {{{-1, 2, 0, -1.5, 2.5, NaN, inf, -inf}, {1, 1, 1, 0, 0, 0, 0, 0}}},
     {-1, 2, 0, -1, 2, NaN, 2, -1}},
    {"clamp", "numbers, min > max", [](Inputs x) { return tg::clamp(x[0], 2, -1); },
     {{{0, 2, -1, 5}, {0, 0, 0, 0}}}, {-1, -1, -1, -1}},
    {"clamp", "from below by a number", [](Inputs x) { return tg::clamp(x[0], 1); },
     {{{1, 0, inf, NaN}, {1, 0, 1, 0}}}, {1, 1, inf, NaN}},
    {"clamp", "from above by a number", [](Inputs x) { return tg::clamp(x[0], {}, 1); },
     {{{1, 2, -inf, NaN}, {1, 0, 1, 0}}}, {1, 1, -inf, NaN}},
    {"clamp_tensor", "tensors: at a bound x has it, the bound not",
     [](Inputs x) { return tg::clamp(x[0], x[1], x[2]); },
     {{{-1, 2, 0, -3, 4, NaN}, {1, 1, 1, 0, 0, 0}}, {{-1, -1, -1, -1, -1, -1}, {0, 0, 0, 1, 0,
     0}}, {{2, 2, 2, 2, 2, 2}, {0, 0, 0, 0, 1, 0}}}, {-1, 2, 0, -1, 2, NaN}},
    {"clamp_tensor", "tensors, min > max: to the maximum",
     [](Inputs x) { return tg::clamp(x[0], x[1], x[2]); },
     {{{0, 2, -1, 5}, {0, 0, 0, 0}}, {{2, 2, 2, 2}, {0, 0, 0, 0}}, {{-1, -1, -1, -1}, {1, 1, 1,
     1}}}, {-1, -1, -1, -1}},
    {"clamp_tensor", "from below by a tensor", [](Inputs x) { return tg::clamp(x[0], x[1]); },
     {{{0, 1, 2, NaN}, {0, 1, 1, 0}}, {{1, 1, 1, 1}, {1, 0, 0, 0}}}, {1, 1, 2, NaN}},
    {"clamp_tensor", "from above by a tensor", [](Inputs x) { return tg::clamp(x[0], {}, x[1]); },
     {{{0, 1, 2, NaN}, {1, 1, 0, 0}}, {{1, 1, 1, 1}, {0, 0, 1, 0}}}, {0, 1, 1, NaN}},
    {"pow", "0 to the powers 0, 1, 2, 0.5, -1", [](Inputs x) { return tg::pow(x[0], x[1]); },
     {{{0, 0, 0, 0, 0}, {0, 1, 0, inf, -inf}}, {{0, 1, 2, 0.5, -1}, {0, 0, 0, 0, -inf}}},
     {1, 0, 0, 0, inf}},
    {"pow", "a negative base: none for the exponent", [](Inputs x) { return tg::pow(x[0], x[1]); },
     {{{-2, -2}, {-4, NaN}}, {{2, 0.5}, {NaN, NaN}}}, {4, NaN}},
    {"pow", "a negative base, a constant exponent",
     [](Inputs x) { return tg::pow(x[0], tg::full_like(x[0], 2)); }, {{{-2, 0, 3}, {-4, 0, 6}}},
     {4, 0, 9}, {2, 2, 2}},
    {"pow", "NaN^0 and 1^NaN", [](Inputs x) { return tg::pow(x[0], x[1]); },
     {{{NaN, 1}, {0, NaN}}, {{0, NaN}, {NaN, 0}}}, {1, 1}},
    {"pow_number", "x^0", [](Inputs x) { return tg::pow(x[0], 0); },
     {{{0, 3, NaN, inf}, {0, 0, 0, 0}}}, {1, 1, 1, 1}, {0, 0, 0, 0}},
    {"pow_number", "x^1", [](Inputs x) { return tg::pow(x[0], 1); }, {{{0, -3}, {1, 1}}}, {0, -3},
     {0, 0}},
    {"pow_number", "x^2", [](Inputs x) { return tg::pow(x[0], 2); }, {{{0, -3}, {0, -6}}}, {0, 9},
     {2, 2}},
    {"pow_number", "x^3", [](Inputs x) { return tg::pow(x[0], 3.0); }, {{{0}, {0}}}, {0}, {0}},
    {"pow_number", "x^-1", [](Inputs x) { return tg::pow(x[0], -1); }, {{{0}, {-inf}}}, {inf}},
    {"square", "0", [](Inputs x) { return tg::square(x[0]); }, {{{0, -3}, {0, -6}}}, {0, 9},
     {2, 2}},
    {"pow", "0^x", [](Inputs x) { return tg::pow(0.0, x[0]); }, {{{0, 2, -1}, {0, 0, -inf}}},
     {1, 0, inf}},
    {"pow", "2^x", [](Inputs x) { return tg::pow(2.0, x[0]); },
     {{{0, 3}, {0.69314718055994531, 5.5451774444795625}}}, {1, 8}},
    {"div", "x / x", [](Inputs x) { return x[0] / x[0]; }, {{{3, 0}, {0, NaN}}}, {1, NaN}},
    {"hypot", "(0, 0): the least", [](Inputs x) { return tg::hypot(x[0], x[1]); },
     {{{0, 3}, {0, 0.6}}, {{0, -4}, {0, -0.8}}}, {0, 5}, {}, "NaN"},
    {"atan2", "(0, 0)", [](Inputs x) { return tg::atan2(x[0], x[1]); },
     {{{0, 1}, {0, 0}}, {{0, 0}, {0, -1}}}, {0, 1.5707963267948966}, {}, "NaN"},
    {"xlogy", "(0, 0), (0, 2), (0, NaN)", [](Inputs x) { return tg::xlogy(x[0], x[1]); },
     {{{0, 0, 0}, {0, 0.69314718055994531, NaN}}, {{0, 2, NaN}, {0, 0, NaN}}}, {0, 0, NaN}, {},
     "NaN for y at (0, 0)"},
    {"remainder", "signs", [](Inputs x) { return tg::remainder(x[0], x[1]); },
     {{{5, -5}, {1, 1}}, {{3, 3}, {-1, 2}}}, {2, 1}},
    {"fmod", "signs", [](Inputs x) { return tg::fmod(x[0], x[1]); },
     {{{5, -5}, {1, 1}}, {{3, 3}, {-1, 1}}}, {2, -2}},
    {"floor_divide", "everywhere", [](Inputs x) { return tg::floor_divide(x[0], x[1]); },
     {{{5, -5}, {0, 0}}, {{3, 3}, {0, 0}}}, {1, -2}},
    {"copysign", "0", [](Inputs x) { return tg::copysign(x[0], x[1]); },
     {{{0, 2}, {0, -1}}, {{1, -1}, {0, 0}}}, {0, -2}},
    {"logaddexp", "both -inf", [](Inputs x) { return tg::logaddexp(x[0], x[1]); },
     {{{-inf, 1000, -1000}, {0, 1, 0}}, {{-inf, 0, 0}, {0, 0, 1}}}, {-inf, 1000, 0}, {0, 0, 0},
     "NaN"},
    {"where", "NaN on the other side stays there",
     [](Inputs x) { return tg::where(tg::isfinite(x[0].detach()), x[0], x[1]); },
     {{{1, NaN, 3, inf}, {1, 0, 1, 0}}, {{NaN, 6, -inf, 8}, {0, 1, 0, 1}}}, {1, 6, 3, 8}},
};

/// Of these one element of a result depends on several, or there is a seed other than 1.
inline constexpr Row kBinaryWhole[] = {
    {"where", "NaN upstream stays on its side",
     [](Inputs x) { return tg::where(tg::tensor({true, false, true, false}), x[0], x[1]) * x[2]; },
     {{{1, 2, 3, 4}, {NaN, 0, 2, 0}}, {{5, 6, 7, 8}, {0, 1, 0, inf}}, {{NaN, 1, 2, inf}, {1, 6, 3,
     8}}}, {NaN, 6, 6, inf}, {}, nullptr, 0, false},
    {"maximum", "a tie keeps its shares at second order",
     [](Inputs x) { return tg::square(tg::maximum(x[0], x[1])); },
     {{{2, 1}, {2, 0}}, {{2, 3}, {2, 6}}}, {4, 9}, {0.5, 0}},
};

/// One tensor in several places gets the sum of its gradients.
inline constexpr Row kSameTensor[] = {
    {"mul", "x * x", [](Inputs x) { return x[0] * x[0]; }, {{{3, 0}, {6, 0}}}, {9, 0}, {2, 2}},
    {"add", "x + x", [](Inputs x) { return x[0] + x[0]; }, {{{3}, {2}}}, {6}},
    {"sub", "x - x", [](Inputs x) { return x[0] - x[0]; }, {{{3}, {0}}}, {0}},
    {"pow", "x^x", [](Inputs x) { return tg::pow(x[0], x[0]); }, {{{2}, {6.7725887222397811}}},
     {4}},
    {"where", "one tensor for both", [](Inputs x) { return tg::where(x[0] > 3, x[0], x[0]); },
     {{{3, 4}, {1, 1}}}, {3, 4}},
};
inline constexpr Row kSameTensorWhole[] = {
    {"matmul", "x @ x", [](Inputs x) { return tg::matmul(x[0], x[0]); },
     {{{1, 2, 3, 4}, {7, 11, 9, 13}, {2, 2}}}, {7, 10, 15, 22}, {4, 4, 4, 4}},
    {"cat", "x with itself", [](Inputs x) { return tg::cat({x[0], x[0]}); }, {{{1, 2}, {2, 2}}},
     {1, 2, 1, 2}},
    {"linear", "x for all",
     [](Inputs x) {
       const Tensor square = tg::reshape(x[0], {1, 1}); return tg::linear(square, square, x[0]); },
     {{{3}, {7}}}, {12}, {2}},
    {"addmm", "x for all", [](Inputs x) { return tg::addmm(x[0], x[0], x[0]); },
     {{{1, 2, 3, 4}, {8, 12, 10, 14}, {2, 2}}}, {8, 12, 18, 26}, {4, 4, 4, 4}},
};

// clang-format on

}  // namespace conventions
