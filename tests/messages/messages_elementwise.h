#pragma once

#include "tests/messages/messages_function.h"

// Functions of each element and comparisons.

namespace messages {

/// The functions that are formulas, from their lists.
inline std::vector<Function> formulas() {
  std::vector<Function> all;
  const auto add = [&]<class Op>(Op) {
    if constexpr (requires(T x) { Op::function(x); })
      all.push_back(one(Op::name, [](T x) { Op::function(x); }));
    else if constexpr (requires(T a, T b) { Op::function(a, b); })
      all.push_back(two(Op::name, [](T a, T b) { Op::function(a, b); }));
  };
  [&]<class... Op>(tg::formula::List<Op...>) { (add(Op()), ...); }(tg::formula::Elementwise());
  return all;
}

inline std::vector<Function> elementwise() {
  return {TAPEGRAD_SIGN(+, "add"),
          TAPEGRAD_SIGN(-, "sub"),
          TAPEGRAD_SIGN(*, "mul"),
          TAPEGRAD_SIGN(/, "div"),
          one(
              "operator-", [](T x) { return -x; }, "neg"),
          two("pow", [](T a, T b) { a.pow(b); }),
          one("clamp", [](T x) { tg::clamp(x, 0, 1); }),
          one("clamp", [](T x) { x.clamp(0, Tensor()); }),
          one("clamp",
              [](T x) {
                tg::clamp(x, tg::zeros({2, 2}));
              }),
          TAPEGRAD_ONE(leaky_relu),
          TAPEGRAD_ONE(elu),
          TAPEGRAD_ONE(softplus),
          TAPEGRAD_METHOD(neg),
          TAPEGRAD_METHOD(abs),
          TAPEGRAD_METHOD(exp),
          TAPEGRAD_METHOD(log),
          TAPEGRAD_METHOD(sqrt),
          TAPEGRAD_METHOD(square),
          TAPEGRAD_METHOD(tanh),
          TAPEGRAD_METHOD(sigmoid),
          TAPEGRAD_METHOD(relu),
          TAPEGRAD_METHOD(sin),
          TAPEGRAD_METHOD(cos)};
}

inline std::vector<Function> further_activations() {
  return {one("hardtanh", [](T x) { tg::hardtanh(x); }),
          one("celu", [](T x) { tg::celu(x); }),
          one("softshrink", [](T x) { tg::softshrink(x); }),
          one("hardshrink", [](T x) { tg::hardshrink(x); }),
          one("relu6", [](T x) { tg::relu6(x); }),
          one("tanhshrink", [](T x) { tg::tanhshrink(x); }),
          one("glu", [](T x) { tg::glu(x); }),
          one("rrelu", [](T x) { tg::rrelu(x); }),
          one("threshold", [](T x) { tg::threshold(x, 0, 1); }),
          one("softmin", [](T x) { tg::softmin(x, 0); }),
          {"prelu", {"the first argument", "the weight"}, [](Arguments& a) {
             tg::prelu(a[0], a[1].defined() ? a[1].select(0, 0) : a[1]);
           }}};
}

inline std::vector<Function> combined() {
  const std::vector<std::string> factors{"the first argument", "the second argument", "alpha"};
  const std::vector<std::string> products{"the first argument", "the second argument",
                                          "the third argument"};
  const auto number = [](T x) { return x.defined() ? x[0][0] : x; };
  return {{"add", factors, [=](Arguments& a) { tg::add(a[0], a[1], number(a[2])); }},
          {"sub", factors, [=](Arguments& a) { tg::sub(a[0], a[1], number(a[2])); }},
          {"addcmul", products, [](Arguments& a) { tg::addcmul(a[0], a[1], a[2]); }},
          {"addcdiv", products, [](Arguments& a) { tg::addcdiv(a[0], a[1], a[2]); }},
          {"lerp", {"the first argument", "the second argument", "the weight"}, [](Arguments& a) {
             tg::lerp(a[0], a[1], a[2]);
           }}};
}

/// Second names, whose errors begin with the first.
inline std::vector<Function> aliases() {
  return {two(
              "subtract", [](T a, T b) { tg::subtract(a, b); }, "sub"),
          two(
              "multiply", [](T a, T b) { tg::multiply(a, b); }, "mul"),
          two(
              "divide", [](T a, T b) { tg::divide(a, b); }, "div"),
          two(
              "true_divide", [](T a, T b) { tg::true_divide(a, b); }, "div"),
          one(
              "negative", [](T x) { tg::negative(x); }, "neg"),
          one(
              "absolute", [](T x) { tg::absolute(x); }, "abs"),
          one(
              "clip", [](T x) { tg::clip(x, 0, 1); }, "clamp"),
          one(
              "clamp_min", [](T x) { tg::clamp_min(x, 0); }, "clamp"),
          one(
              "clamp_max", [](T x) { tg::clamp_max(x, 0); }, "clamp"),
          two(
              "greater", [](T a, T b) { tg::greater(a, b); }, "gt"),
          two(
              "greater_equal", [](T a, T b) { tg::greater_equal(a, b); }, "ge"),
          two(
              "less", [](T a, T b) { tg::less(a, b); }, "lt"),
          two(
              "less_equal", [](T a, T b) { tg::less_equal(a, b); }, "le"),
          two(
              "not_equal", [](T a, T b) { tg::not_equal(a, b); }, "ne"),
          {"concat", {"tensor 0", "tensor 1"}, [](Arguments& a) { tg::concat(a); }, "cat"},
          one(
              "moveaxis", [](T x) { tg::moveaxis(x, 0, 1); }, "movedim"),
          one(
              "ravel", [](T x) { tg::ravel(x); }, "flatten")};
}

/// Seldom used ones that are no formulas, or have options.
inline std::vector<Function> mathematics() {
  return {one("round", [](T x) { tg::round(x, 2); }),
          TAPEGRAD_ONE(frac),
          two("div", [](T a, T b) { tg::div(a, b, tg::Rounding::floor); }),
          one("logit", [](T x) { tg::logit(x); }),
          one("logit", [](T x) { tg::logit(x, 0.1); }),
          one("polygamma", [](T x) { tg::polygamma(1, x); }),
          TAPEGRAD_ONE(positive),
          one(
              "fix", [](T x) { tg::fix(x); }, "trunc"),
          one(
              "arcsin", [](T x) { tg::arcsin(x); }, "asin"),
          one(
              "arccos", [](T x) { tg::arccos(x); }, "acos"),
          one(
              "arctan", [](T x) { tg::arctan(x); }, "atan"),
          two(
              "arctan2", [](T a, T b) { tg::arctan2(a, b); }, "atan2"),
          one(
              "arcsinh", [](T x) { tg::arcsinh(x); }, "asinh"),
          one(
              "arccosh", [](T x) { tg::arccosh(x); }, "acosh"),
          one(
              "arctanh", [](T x) { tg::arctanh(x); }, "atanh"),
          TAPEGRAD_ONE(nan_to_num),
          TAPEGRAD_TWO(float_power),
          TAPEGRAD_ONE(deg2rad),
          TAPEGRAD_ONE(rad2deg),
          TAPEGRAD_TWO(isclose),
          TAPEGRAD_TWO(bitwise_and),
          TAPEGRAD_TWO(bitwise_or),
          TAPEGRAD_TWO(bitwise_xor),
          TAPEGRAD_ONE(bitwise_not),
          TAPEGRAD_TWO(bitwise_left_shift),
          TAPEGRAD_TWO(bitwise_right_shift)};
}

inline std::vector<Function> comparisons() {
  return {TAPEGRAD_TWO(eq),
          TAPEGRAD_TWO(ne),
          TAPEGRAD_TWO(lt),
          TAPEGRAD_TWO(le),
          TAPEGRAD_TWO(gt),
          TAPEGRAD_TWO(ge),
          two(
              "operator==", [](T a, T b) { return a == b; }, "eq"),
          two(
              "operator!=", [](T a, T b) { return a != b; }, "ne"),
          two(
              "operator<", [](T a, T b) { return a < b; }, "lt"),
          two(
              "operator<=", [](T a, T b) { return a <= b; }, "le"),
          two(
              "operator>", [](T a, T b) { return a > b; }, "gt"),
          two(
              "operator>=", [](T a, T b) { return a >= b; }, "ge"),
          TAPEGRAD_TWO(logical_and),
          TAPEGRAD_TWO(logical_or),
          TAPEGRAD_TWO(logical_xor),
          two(
              "operator&", [](T a, T b) { a& b; }, "logical_and"),
          two(
              "operator|", [](T a, T b) { return a | b; }, "logical_or"),
          one(
              "operator!", [](T x) { return !x; }, "logical_not"),
          TAPEGRAD_ONE(logical_not),
          TAPEGRAD_ONE(isnan),
          TAPEGRAD_ONE(isinf),
          TAPEGRAD_ONE(isfinite),
          TAPEGRAD_ONE(any),
          TAPEGRAD_ONE(all),
          TAPEGRAD_TWO(equal),
          TAPEGRAD_TWO(allclose),
          TAPEGRAD_TWO(result_type),
          {"where",
           {"the first argument", "the second argument", "the third argument"},
           [](Arguments& a) {
             // What stands where the condition does is no mask.
             tg::where(a[0].defined() ? a[0] != 0 : a[0], a[1], a[2]);
           }}};
}

}  // namespace messages
