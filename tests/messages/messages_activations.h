#pragma once

#include "tests/messages/messages_functions.h"  // which includes this

// Further activations, sums with factors and second names.

namespace messages {

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

}  // namespace messages
