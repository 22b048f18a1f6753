// Sums and means with factors, and second names: exact integers, types, both orders and errors.
// Values and gradients against other sources are in tests/values.

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"
#include "tests/ops/unary_points.h"

using namespace point_gradients;
using tg::Shape;

namespace {

using Inputs = const std::vector<Tensor>&;

std::vector<Tensor> drawn(const std::vector<Shape>& shapes) {
  tg::Generator generator(9);
  std::vector<Tensor> all;
  for (const Shape& shape : shapes) {
    const Tensor x = tg::rand(shape, tg::float64, generator) + 0.25;
    all.push_back(x.detach().clone().requires_grad_());
  }
  return all;
}

std::string message(const std::function<void()>& f) { return message_of<tg::Error>(f); }

}  // namespace

TEST_CASE("sums with factors are exact for integers") {
  constexpr std::int64_t large = (std::int64_t{1} << 53) + 1;  // no double
  const Tensor a = tg::tensor({std::int64_t{7}, -large}), b = tg::tensor({large, large});
  const auto check = [](const Tensor& y, std::int64_t first, std::int64_t second) {
    CHECK(y.dtype() == tg::int64);
    CHECK(y.at<std::int64_t>({0}) == first);
    CHECK(y.at<std::int64_t>({1}) == second);
  };
  check(tg::add(a, b, 3), 7 + 3 * large, 2 * large);
  check(tg::sub(a, b, 3), 7 - 3 * large, -4 * large);
  check(tg::subtract(a, b, 1), 7 - large, -2 * large);
  check(tg::add(a, b, tg::tensor(std::int64_t{2})), 7 + 2 * large, large);
  check(tg::addcmul(a, b, tg::tensor({std::int64_t{1}, std::int64_t{-1}}), 2), 7 + 2 * large,
        -3 * large);
}

TEST_CASE("factors keep the type of the operands") {
  const Tensor a = tg::ones({2}), b = tg::full({2}, 2.0), wide = tg::ones({2}, tg::float64);
  const Tensor three = tg::full({2}, 3), truth = tg::tensor({true, false});
  CHECK(tg::add(a, b, 0.5).dtype() == tg::float32);
  CHECK(tg::add(a, wide, 2).dtype() == tg::float64);
  // 0.1 in the type of the sum, which is not that of b.
  CHECK(tg::add(wide, three, 0.1).at<double>({0}) == 1 + 3 * 0.1);
  CHECK(tg::addcmul(wide, three, three, 0.1).at<double>({0}) == 1 + 3 * 0.1 * 3);
  CHECK(tg::add(three, three, true).dtype() == tg::int64);
  // As PyTorch 1.13: truth values stay some.
  CHECK(tg::equal(tg::add(truth, !truth, 2), tg::tensor({true, true})));
  CHECK(tg::equal(tg::add(truth, !truth, 0), truth));
  CHECK(tg::lerp(a, 3, 0.5).dtype() == tg::float32);
  CHECK(tg::lerp(a, b, wide).dtype() == tg::float64);
  CHECK(tg::addcdiv(three, a, three).dtype() == tg::float32);
}

TEST_CASE("lerp meets both ends, and does not leave them for NaN or infinity beside") {
  const Tensor a = tg::tensor({1e8, 0.1, 3}, tg::float64),
               b = tg::tensor({1.0, 0.7, 3}, tg::float64);
  CHECK(tg::equal(tg::lerp(a, b, 0), a));
  CHECK(tg::equal(tg::lerp(a, b, 1), b));
  CHECK(tg::equal(tg::lerp(a, b, tg::ones({3}, tg::float64)), b));
  CHECK(tg::equal(tg::lerp(a, b, tg::zeros({}, tg::float64)), a));
  CHECK(std::isnan(tg::lerp(a, b, NaN).at<double>({0})));
}

TEST_CASE("factors broadcast, also over nothing") {
  const Tensor a = tg::ones({3, 1}), b = tg::ones({1, 0}), c = tg::ones({});
  CHECK(tg::add(a, b, 2).shape() == Shape{3, 0});
  CHECK(tg::addcmul(c, a, b).shape() == Shape{3, 0});
  CHECK(tg::addcdiv(c, a, c, -1).shape() == Shape{3, 1});
  CHECK(tg::lerp(c, a, b).shape() == Shape{3, 0});
  CHECK(tg::lerp(c, c, 0.25).shape() == Shape{});
}

TEST_CASE("factors leave their operands alone") {
  const Tensor a = tg::tensor({1.0, 2.0}), b = tg::tensor({3.0, 5.0});
  tg::add(a, b, 2);
  tg::sub(a, b, 2);
  tg::addcmul(a, b, a, 2);
  tg::addcdiv(a, b, a, 2);
  tg::lerp(a, b, 0.25);
  tg::lerp(a, b, a);
  check_values("a", a, {1, 2});
  check_values("b", b, {3, 5});
  const Tensor same = tg::add(a, tg::zeros({2}), 1);
  CHECK(tg::detail::impl_of(same)->address() != tg::detail::impl_of(a)->address());
}

TEST_CASE("sums with factors pass the checks of operators, in both orders") {
  const std::vector<Tensor> three = drawn({{2, 3}, {3}, {2, 1}});
  for (const tg::OperatorInfo& op : std::vector<tg::OperatorInfo>{
           {"add_alpha",
            {{"a number", three, [](Inputs in) { return tg::add(in[0], in[1], -2.5) * in[2]; }},
             {"a tensor", drawn({{2, 3}, {3}, {}}),
              [](Inputs in) { return tg::add(in[0], in[1], in[2]); }}}},
           {"sub_alpha",
            {{"a number", three, [](Inputs in) { return tg::sub(in[0], in[1], -2.5) * in[2]; }}}},
           {"addcmul",
            {{"no number", three, [](Inputs in) { return tg::addcmul(in[0], in[1], in[2]); }},
             {"a number", three, [](Inputs in) { return tg::addcmul(in[0], in[1], in[2], 3); }}}},
           {"addcdiv",
            {{"a number", three, [](Inputs in) { return tg::addcdiv(in[0], in[1], in[2], 3); }}}},
           {"lerp",
            {{"a tensor", drawn({{2, 3}, {3}, {2, 1}}),
              [](Inputs in) { return tg::lerp(in[0], in[1], in[2]); }},
             {"near the start", three,
              [](Inputs in) { return tg::lerp(in[0], in[1], 0.3) * in[2]; }},
             {"near the end", three,
              [](Inputs in) { return tg::lerp(in[0], in[1], 0.8) * in[2]; }}}}}) {
    const auto result = tg::verify(op);
    INFO(result.message());
    CHECK(result.ok());
    for (const tg::OperatorCase& each : op.cases)
      check_both_orders(
          op.name + ", " + each.label, [&](Inputs in) { return tg::square(each.call(in)); },
          each.inputs);
  }
}

TEST_CASE("second names are the first ones") {
  const Tensor a = tg::tensor({1.0, -2.0, 3.0}), b = tg::tensor({2.0, -2.0, 1.0});
  const auto same = [](const Tensor& found, const Tensor& expected) {
    CHECK(found.dtype() == expected.dtype());
    CHECK(tg::equal(found, expected));
  };
  same(tg::subtract(a, b), a - b);
  same(tg::subtract(a, b, 2), a - 2 * b);
  same(tg::multiply(a, b), a * b);
  same(tg::divide(a, b), a / b);
  same(tg::true_divide(a, b), a / b);
  same(tg::negative(a), -a);
  same(tg::absolute(a), tg::abs(a));
  same(tg::clip(a, -1, 2), tg::tensor({1.0, -1.0, 2.0}));
  same(tg::clamp_min(a, 0), tg::tensor({1.0, 0.0, 3.0}));
  same(tg::clamp_max(a, b), tg::tensor({1.0, -2.0, 1.0}));
  same(tg::greater(a, b), a > b);
  same(tg::greater_equal(a, b), a >= b);
  same(tg::less(a, b), a < b);
  same(tg::less_equal(a, b), a <= b);
  same(tg::not_equal(a, b), a != b);
  same(tg::concat({a, b}), tg::cat({a, b}));
  same(tg::moveaxis(tg::ones({2, 3}), 0, 1), tg::ones({3, 2}));
  same(tg::ravel(tg::ones({2, 3})), tg::ones({6}));
}

TEST_CASE("sums with factors say what does not fit") {
  const Tensor a = tg::ones({2}), whole = tg::full({2}, 3), truth = tg::tensor({true, false});
  CHECK(message([&] { tg::add(a, a, a); }) ==
        "add: alpha must be a number, not a tensor of shape [2]");
  CHECK_THROWS_AS(tg::add(a, a, a), tg::ShapeError);
  CHECK_THROWS_AS(tg::sub(whole, whole, 0.5), tg::DTypeError);
  CHECK(message([&] { tg::sub(whole, whole, 0.5); }).starts_with("sub: alpha is "));
  CHECK(message([&] { tg::addcmul(whole, whole, whole, 0.5); }).starts_with("addcmul: value is "));
  CHECK_THROWS_AS(tg::addcdiv(a, whole, whole), tg::DTypeError);
  CHECK(message([&] { tg::addcdiv(a, whole, whole); }).starts_with("addcdiv: the quotient is of"));
  CHECK_THROWS_AS(tg::addcmul(a, a, tg::ones({3})), tg::ShapeError);
  CHECK_THROWS_AS(tg::sub(truth, truth, 1), tg::DTypeError);
  CHECK_THROWS_AS(tg::lerp(whole, whole, 0.5), tg::DTypeError);
  CHECK(message([&] { tg::lerp(whole, truth, 0.5); }).starts_with("lerp: start and end must be"));
}
