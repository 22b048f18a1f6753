// Seldom used functions of each element: second derivatives where they are delicate, types, and
// what cannot be. Values and gradients are in tests/values.

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"
#include "tests/ops/unary_points.h"

using namespace point_gradients;
using Catch::Matchers::StartsWith;

namespace {

constexpr double pi = 3.14159265358979324;

/// The diagonal of the second derivatives.
Tensor second(const Unary& f, const std::vector<double>& at) {
  const Tensor x = leaf(at);
  const Tensor g = tg::grad({tg::sum(f(x))}, {x}, {.create_graph = true})[0];
  return tg::grad({tg::sum(g)}, {x})[0];
}

}  // namespace

TEST_CASE("second derivatives at the points where the rule changes") {
  const Unary logaddexp = [](const Tensor& x) { return tg::logaddexp(x, 0); };
  check_values("logaddexp at a tie", second(logaddexp, {0}), {0.25});
  check_values("logaddexp at infinity", second(logaddexp, {-inf}), {0});
  const Unary logaddexp2 = [](const Tensor& x) { return tg::logaddexp2(x, 0); };
  check_values("logaddexp2 at a tie", second(logaddexp2, {0}), {0.25 * std::log(2)});
  check_values("sinc at 0", second(tg::sinc, {0}), {-pi * pi / 3});
  check_values("lgamma", second(tg::lgamma, {1, 0.5}), {pi * pi / 6, pi * pi / 2});
  const Unary far = [](const Tensor& x) { return tg::hypot(x, 4); };
  check_values("hypot", second(far, {3, 0}), {16. / 125, 0.25});
  const Unary nothing = [](const Tensor& x) { return tg::hypot(x, 0); };
  CHECK(std::isfinite(second(nothing, {0}).item()));
  const Unary xlogy = [](const Tensor& x) { return tg::xlogy(0, x); };
  check_values("xlogy", second(xlogy, {2, 0}), {0, 0});
}

TEST_CASE("the polygamma functions are derivatives of each other") {
  for (const int n : {0, 1, 2, 3, 6}) {
    const auto f = [n](const std::vector<Tensor>& in) { return tg::polygamma(n, in[0]); };
    // One by one: the noise of a large value would hide the difference of a small one.
    for (const double x : {0.9, 1.3, 2.6, -0.75}) check_both_orders("polygamma", f, {leaf({x})});
  }
  // zeta(3) and Gauss's theorem.
  CHECK(std::abs(tg::polygamma(2, 1.0).item() + 2 * 1.2020569031595942) < 1e-14);
  CHECK(std::abs(tg::digamma(0.25).item() + pi / 2 + 3 * std::log(2) + 0.57721566490153286) <
        1e-14);
}

TEST_CASE("the polygamma functions end at infinity, and for orders of any size") {
  check_values("at infinity", tg::polygamma(1, leaf({inf})), {0});
  check_values("the second derivative of lgamma there", second(tg::lgamma, {inf}), {0});
  // Nearly all terms of such a sum are nothing beside the first.
  CHECK(tg::polygamma(1'000'000'001, 1.0).item() == inf);
}

TEST_CASE("hypot and logaddexp neither overflow nor vanish") {
  for (const double scale : {1e-30, 1.0, 1e30}) {
    const auto hypot = [](const std::vector<Tensor>& in) { return tg::hypot(in[0], in[1]); };
    check_at("hypot", hypot, {Input({3 * scale}, {0.6}), Input({-4 * scale}, {-0.8})}, {5 * scale});
  }
  const auto logaddexp = [](const std::vector<Tensor>& in) { return tg::logaddexp(in[0], in[1]); };
  check_at("logaddexp", logaddexp, {Input({1000, -1000}, {1, 0}), Input({0, 0}, {0, 1})},
           {1000, 0});
}

TEST_CASE("fmax and fmin of the same tensor, and of integers") {
  const auto both = [](auto f) {
    return [f](const std::vector<Tensor>& in) { return f(in[0], in[0]); };
  };
  check_at("fmax(x, x)", both(tg::fmax), {Input({3, NaN}, {1, 1})}, {3, NaN});
  check_at("fmin(x, x)", both(tg::fmin), {Input({3, NaN}, {1, 1})}, {3, NaN});
  CHECK(tg::fmax(tg::tensor({1, 5}), 3).dtype() == tg::int64);
  CHECK(tg::fmin(tg::tensor({true}), tg::tensor({false})).dtype() == tg::boolean);
  CHECK(tg::heaviside(tg::tensor({1, 0}), 3).dtype() == tg::int64);
}

TEST_CASE("integers become the default type, and 0-d and empty tensors keep their shape") {
  for (const auto f : {tg::tan, tg::exp2, tg::lgamma, tg::erfinv, tg::sinc, tg::asinh}) {
    CHECK(f(tg::tensor({0, 1})).dtype() == tg::float32);
    CHECK(f(tg::tensor(1)).shape() == tg::Shape{});
    CHECK(f(tg::zeros({2, 0}, tg::float64)).shape() == tg::Shape{2, 0});
  }
  CHECK(tg::atan2(tg::tensor({1, 2}), tg::tensor({3, 4})).dtype() == tg::float32);
  CHECK(tg::float_power(tg::tensor({2}), -1).item() == 0.5);
  CHECK(tg::float_power(tg::tensor({2.0f}), tg::tensor({2})).dtype() == tg::float64);
  CHECK(tg::deg2rad(tg::tensor({180})).dtype() == tg::float32);
}

TEST_CASE("positive is its argument; nan_to_num is a new tensor") {
  const Tensor x = tg::ones({2});
  CHECK(tg::positive(x).is_same(x));
  CHECK_FALSE(tg::nan_to_num(x).is_same(x));
  CHECK_FALSE(tg::nan_to_num(tg::tensor({1})).is_same(x));
  const Tensor wide = tg::tensor({double{inf}, -double{inf}}, tg::float64);
  check_values("float64", tg::nan_to_num(wide),
               {std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()});
  check_values("float32", tg::nan_to_num(wide.to(tg::float32)),
               {std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()});
  check("gradient", [](const Tensor& in) { return tg::nan_to_num(in, {.nan = 3, .posinf = 1}); },
        Input({NaN, inf, 2}, {0, 0, 1}), {3, 1, 2});
}

TEST_CASE("other names are the same functions") {
  const Tensor x = tg::tensor({0.25, -0.5}), y = tg::tensor({1.5, 2.0});
  CHECK(tg::equal(tg::fix(y), tg::trunc(y)));
  CHECK(tg::equal(tg::arcsin(x), tg::asin(x)));
  CHECK(tg::equal(tg::arccos(x), tg::acos(x)));
  CHECK(tg::equal(tg::arctan(x), tg::atan(x)));
  CHECK(tg::equal(tg::arctan2(x, y), tg::atan2(x, y)));
  CHECK(tg::equal(tg::arcsinh(x), tg::asinh(x)));
  CHECK(tg::equal(tg::arccosh(y), tg::acosh(y)));
  CHECK(tg::equal(tg::arctanh(x), tg::atanh(x)));
}

TEST_CASE("isclose compares as allclose does, element by element") {
  const Tensor a = tg::tensor({{1.0, double{NaN}}}), b = tg::tensor({{1.0}, {double{NaN}}});
  CHECK(tg::equal(tg::isclose(a, b), tg::tensor({{true, false}, {false, false}})));
  CHECK(tg::equal(tg::isclose(a, b, 0, 0, true), tg::tensor({{true, false}, {false, true}})));
  CHECK_FALSE(tg::isclose(leaf({1}), leaf({1})).requires_grad());
}

TEST_CASE("bits of integers and truth values") {
  const Tensor a = tg::tensor({12, -1}), b = tg::tensor({{10}, {true ? 3 : 0}});
  CHECK(tg::equal(tg::bitwise_and(a, b), tg::tensor({{8, 10}, {0, 3}})));
  CHECK(tg::equal(tg::bitwise_or(a, 3), tg::tensor({15, -1})));
  CHECK(tg::equal(tg::bitwise_xor(a, tg::tensor({true, true})), tg::tensor({13, -2})));
  CHECK(tg::bitwise_not(tg::tensor({true})).dtype() == tg::boolean);
  CHECK(tg::equal(tg::bitwise_not(a), tg::tensor({-13, 0})));
  CHECK(tg::equal(tg::bitwise_left_shift(1, tg::tensor({0, 3, 64})), tg::tensor({1, 8, 0})));
  CHECK(tg::equal(tg::bitwise_right_shift(a, 2), tg::tensor({3, -1})));
  CHECK(tg::bitwise_and(tg::zeros({0, 2}, tg::int64), 1).shape() == tg::Shape{0, 2});
}

TEST_CASE("seldom used functions name themselves in errors") {
  const auto text = [](auto run) { return message_of<tg::Error>(run); };
  const Tensor x = tg::ones({2});
  CHECK(text([&] { tg::polygamma(-1, x); }) == "polygamma: the order n must be 0 or more, not -1");
  CHECK(text([&] { tg::logit(x, 0.75); }) == "logit: eps must be from 0 to 0.5, not 0.75");
  CHECK_THAT(text([&] { tg::logit(x, NaN); }), StartsWith("logit: eps must be"));
  CHECK_THAT(text([&] { tg::atan2(x, tg::ones({3})); }), StartsWith("atan2: shapes [2] and [3]"));
  CHECK_THAT(text([&] { tg::isclose(x, tg::ones({3})); }), StartsWith("isclose: shapes"));
  CHECK_THAT(text([&] { tg::isclose(x, x, -1); }), StartsWith("isclose: tolerances"));
  CHECK_THAT(text([&] { tg::positive(x > 0); }), StartsWith("positive: a bool tensor"));
  CHECK_THAT(text([&] { tg::bitwise_and(x, 1); }),
             StartsWith("bitwise_and: needs integers or truth values, not a float32 tensor"));
  CHECK_THAT(text([&] { tg::bitwise_not(x); }), StartsWith("bitwise_not: needs"));
  CHECK_THAT(text([&] { tg::bitwise_left_shift(x > 0, x > 0); }),
             StartsWith("bitwise_left_shift: truth values have no bits"));
  CHECK_THAT(text([&] {
               tg::bitwise_or(tg::tensor({1, 2}), tg::tensor({1, 2, 3}));
             }),
             StartsWith("bitwise_or: shapes"));
}
