// What rounds and divides: integers, types, and what cannot be.

#include <cstdint>
#include <limits>

#include "tests/message_of.h"
#include "tests/ops/unary_points.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

std::vector<std::int64_t> integers_of(const Tensor& tensor) {
  const auto data = tensor.data<std::int64_t>();
  return {data.begin(), data.end()};
}

using Integers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("what rounds has gradient 0 everywhere, and no error") {
  for (const auto f : {tg::floor, tg::ceil, tg::trunc}) {
    check("rounded", f, Input({-2, 0, 5, NaN, inf}, {0, 0, 0, 0, 0}), {-2, 0, 5, NaN, inf});
    // Also of second order.
    const Tensor x = leaf({0.5, -1.5});
    const Tensor g = tg::grad({tg::sum(f(x) * x)}, {x}, {.create_graph = true})[0];
    check_values("first order", g, values_of(f(x)));
    check_values("second order", tg::grad({tg::sum(g)}, {x})[0], {0, 0});
  }
  const auto nearest = [](const Tensor& x) { return tg::round(x); };
  check("round", nearest, Input({0.5, 1.5, 2.5, -0.5}, {0, 0, 0, 0}), {0, 2, 2, 0});
  CHECK(std::signbit(tg::round(tg::tensor(-0.5)).item()));
  CHECK(std::signbit(tg::ceil(tg::tensor(-0.5)).item()));
}

TEST_CASE("integers are whole already: what rounds copies them") {
  for (const auto f : {tg::floor, tg::ceil, tg::trunc}) {
    const Tensor x = tg::tensor({3, -4});
    Tensor y = f(x);
    CHECK(y.dtype() == tg::int64);
    CHECK(integers_of(y) == Integers{3, -4});
    y.fill_(0);
    CHECK(integers_of(x) == Integers{3, -4});
    CHECK(f(tg::tensor({true, false})).dtype() == tg::int64);
  }
  CHECK(tg::round(tg::tensor({3, 4}), 0).dtype() == tg::int64);
  // C++ numbers stay numbers, which take another type.
  CHECK((tg::floor(2.5) + tg::ones({2})).dtype() == tg::float32);
  CHECK((tg::floor(2) + tg::ones({2})).dtype() == tg::float32);
  CHECK((tg::remainder(5, 3) + tg::ones({2}, tg::float32)).dtype() == tg::float32);
  CHECK(tg::floor(2.5).item() == 2);
  CHECK(tg::floor(tg::zeros({0, 3})).shape() == tg::Shape{0, 3});
}

TEST_CASE("integers are divided without a detour through fractions, and without overflow") {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t large = (std::int64_t{1} << 62) + 1;
  const Tensor a = tg::tensor(Integers{7, -7, least, large, least});
  const Tensor b = tg::tensor(Integers{2, 2, -1, 3, 2});
  CHECK(integers_of(tg::floor_divide(a, b)) == Integers{3, -4, least, large / 3, least / 2});
  CHECK(integers_of(tg::remainder(a, b)) == Integers{1, 1, 0, large % 3, 0});
  CHECK(integers_of(tg::fmod(a, b)) == Integers{1, -1, 0, large % 3, 0});
  CHECK(integers_of(tg::div(a, b, tg::Rounding::trunc)) ==
        Integers{3, -3, least, large / 3, least / 2});
  CHECK(integers_of(tg::div(a, b, tg::Rounding::floor)) == integers_of(tg::floor_divide(a, b)));
  CHECK(tg::div(a, b, tg::Rounding::none).dtype() == tg::float32);
  CHECK(tg::floor_divide(tg::tensor({7, 8}), 2.0).dtype() == tg::float32);
  CHECK(tg::fmod(tg::tensor({7, 8}), tg::tensor({2.5})).dtype() == tg::float32);
}

TEST_CASE(
    "the quotient belongs to the remainder, where rounding would take it to the next number") {
  // 1 / 0.1 rounds to 10, but 0.1 is a little more than a tenth.
  const Tensor a = tg::tensor({1.0, -1.0, 6.0}, tg::float64);
  const Tensor b = tg::tensor({0.1, 0.1, 0.1}, tg::float64);
  check_values("floor_divide", tg::floor_divide(a, b), {9, -10, 59});
  const Tensor q = tg::floor_divide(a, b), r = tg::remainder(a, b);
  CHECK(tg::allclose(q * b + r, a, 1e-15, 0));
  check_values("by 0", tg::floor_divide(tg::tensor({1.0, -1.0, 0.0}), 0.0), {inf, -inf, NaN});
  check_values("by infinity", tg::remainder(tg::tensor({5.0, -5.0}), double{inf}), {5, inf});
}

TEST_CASE("div rounded has gradient 0 for both") {
  for (const auto mode : {tg::Rounding::trunc, tg::Rounding::floor}) {
    const auto divide = [mode](const std::vector<Tensor>& in) {
      return tg::div(in[0], in[1], mode);
    };
    check_at("div", divide, {Input({5, 7}, {0, 0}), Input({2}, {0})}, {2, 3});
  }
  const auto divide = [](const std::vector<Tensor>& in) {
    return tg::div(in[0], in[1], tg::Rounding::none);
  };
  check_at("div", divide, {Input({5}, {0.5}), Input({2}, {-1.25})}, {2.5});
}

TEST_CASE("rounding to decimals") {
  const Tensor x = tg::tensor({2.675, -0.125, 1250.0}, tg::float64);
  check_values("two", tg::round(x, 2), {2.68, -0.12, 1250});
  check_values("minus two", tg::round(x, -2), {0, 0, 1200});
  const auto two = [](const Tensor& in) { return tg::round(in, 2); };
  check("round", two, Input({0.125, 3.0}, {0, 0}), {0.12, 3});
}

TEST_CASE("frac keeps the sign, and the gradient 1") {
  check("frac", [](const Tensor& x) { return tg::frac(x); },
        Input({-1.5, 0, 2.25, NaN}, {1, 1, 1, 1}), {-0.5, 0, 0.25, NaN});
}

TEST_CASE("rounding and division name themselves in errors") {
  const auto text = [](auto run) { return message_of<tg::Error>(run); };
  const Tensor integers = tg::tensor({{1, 2}, {0, 3}});
  CHECK_THAT(text([&] { tg::fmod(5, integers); }),
             StartsWith("fmod: element 2 of the second argument, of shape [2, 2], is 0"));
  CHECK_THAT(text([&] { tg::remainder(integers, 0); }), StartsWith("remainder: element 0 of"));
  CHECK_THAT(text([&] { tg::floor_divide(integers, integers); }),
             StartsWith("floor_divide: element 2 of"));
  CHECK_THAT(text([&] { tg::div(integers, integers, tg::Rounding::trunc); }),
             StartsWith("div: element 2 of"));
  CHECK_THAT(text([&] { tg::fmod(tg::ones({2}), tg::ones({3})); }),
             StartsWith("fmod: shapes [2] and [3]"));
  CHECK_THAT(text([&] { tg::frac(integers); }), StartsWith("frac: needs a float32 or float64"));
  CHECK_THAT(text([&] { tg::round(integers, 1); }), StartsWith("round: int64 has no decimals"));
  CHECK_THAT(text([&] { tg::round(integers, -1); }), ContainsSubstring("to(float32)"));
}
