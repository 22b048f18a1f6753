// What functions of two elements give, and their gradients, at the points where libraries disagree.

#include "tests/point_gradients.h"

using namespace point_gradients;

namespace {

using Binary = std::function<Tensor(const Tensor&, const Tensor&)>;

struct Row {
  double a, b;
  double value;
  double gradient_a, gradient_b;
};

/// Full vectors and a rest, so that each lane of a kernel is asked.
constexpr std::size_t count = 37;

std::vector<double> repeated(double x) { return std::vector<double>(count, x); }

/// Of two tensors, and of a tensor and a number-like one that is broadcast.
void check_rows(const std::string& name, const Binary& f, const std::vector<Row>& rows) {
  const Function function = [&f](const std::vector<Tensor>& in) { return f(in[0], in[1]); };
  for (const Row& row : rows) {
    const std::string what =
        name + " at (" + std::to_string(row.a) + ", " + std::to_string(row.b) + ")";
    const auto n = static_cast<double>(count);
    check_at(what, function,
             {Input(repeated(row.a), repeated(row.gradient_a)),
              Input(repeated(row.b), repeated(row.gradient_b))},
             repeated(row.value));
    check_at(
        what + ", b broadcast", function,
        {Input(repeated(row.a), repeated(row.gradient_a)), Input({row.b}, {row.gradient_b * n})},
        repeated(row.value));
    check_at(
        what + ", a broadcast", function,
        {Input({row.a}, {row.gradient_a * n}), Input(repeated(row.b), repeated(row.gradient_b))},
        repeated(row.value));
  }
}

}  // namespace

TEST_CASE("maximum and minimum: a tie is split in halves") {
  check_rows("maximum", tg::maximum, {{2, 2, 2, 0.5, 0.5}, {1, 2, 2, 0, 1}, {3, 2, 3, 1, 0}});
  check_rows("minimum", tg::minimum, {{2, 2, 2, 0.5, 0.5}, {1, 2, 1, 1, 0}, {3, 2, 2, 0, 1}});
  check_rows("maximum", tg::maximum, {{inf, inf, inf, 0.5, 0.5}, {0.0, -0.0, 0, 0.5, 0.5}});
  check_rows("minimum", tg::minimum, {{-inf, -inf, -inf, 0.5, 0.5}});
}

TEST_CASE("maximum and minimum: a NaN operand gets all of the gradient") {
  for (const Binary& f : {Binary(tg::maximum), Binary(tg::minimum)})
    check_rows("extreme", f, {{NaN, 1, NaN, 1, 0}, {1, NaN, NaN, 0, 1}, {NaN, NaN, NaN, 0.5, 0.5}});
}

TEST_CASE("maximum(x, 0) has gradient 1/2 at 0, where relu has 0") {
  const auto largest = [](const std::vector<Tensor>& in) { return tg::maximum(in[0], 0); };
  check_at("maximum(x, 0)", largest, {Input({0, 1, -1}, {0.5, 1, 0})}, {0, 1, 0});
  const auto relu = [](const std::vector<Tensor>& in) { return tg::relu(in[0]); };
  check_at("relu", relu, {Input({0, 1, -1}, {0, 1, 0})}, {0, 1, 0});
}

TEST_CASE("pow: both gradients are 0 at 0^0, and never NaN because of 0 * inf") {
  check_rows("pow", tg::pow, {{0, 0, 1, 0, 0}, {0, 1, 0, 1, 0}, {0, 2, 0, 0, 0}});
  check_rows("pow", tg::pow, {{0, 0.5, 0, inf, 0}, {0, -1, inf, -inf, -inf}});
}

TEST_CASE("pow: a negative base has no gradient for the exponent") {
  check_rows("pow", tg::pow, {{-2, 2, 4, -4, NaN}, {-2, 0.5, NaN, NaN, NaN}});
  const auto constant_exponent = [](const std::vector<Tensor>& in) {
    return tg::pow(in[0], tg::full_like(in[0], 2));
  };
  check_at("pow with a constant exponent", constant_exponent, {Input({-2, 0, 3}, {-4, 0, 6})},
           {4, 0, 9});
}

TEST_CASE("pow: 1 whatever the exponent, and anything to the power 0 is 1") {
  check_rows("pow", tg::pow, {{NaN, 0, 1, 0, NaN}, {1, NaN, 1, NaN, 0}});
}

TEST_CASE("x / x: 1 with gradient 0; 0 / 0 is NaN with gradient NaN") {
  const auto ratio = [](const std::vector<Tensor>& in) { return in[0] / in[0]; };
  check_at("x / x", ratio, {Input({3, 0}, {0, NaN})}, {1, NaN});
}

TEST_CASE("clamp by tensors: at a bound x has the gradient, outside the bound that holds") {
  const auto clamp = [](const std::vector<Tensor>& in) { return tg::clamp(in[0], in[1], in[2]); };
  check_at("clamp", clamp,
           {Input({-1, 2, 0, -3, 4}, {1, 1, 1, 0, 0}), Input({-1}, {1}), Input({2}, {1})},
           {-1, 2, 0, -1, 2});
  check_at("clamp, min > max", clamp,
           {Input({0, 2, -1, 5}, {0, 0, 0, 0}), Input(std::vector<double>(4, 2), {0, 0, 0, 0}),
            Input(std::vector<double>(4, -1), {1, 1, 1, 1})},
           {-1, -1, -1, -1});
  check_at("clamp of NaN", clamp, {Input({NaN}, {0}), Input({-1}, {0}), Input({2}, {0})}, {NaN});
}

TEST_CASE("clamp by one tensor: at the bound x has the gradient, NaN gives none") {
  const auto below = [](const std::vector<Tensor>& in) { return tg::clamp(in[0], in[1]); };
  check_at("clamp from below", below, {Input({0, 1, 2, NaN}, {0, 1, 1, 0}), Input({1}, {1})},
           {1, 1, 2, NaN});
  const auto above = [](const std::vector<Tensor>& in) { return tg::clamp(in[0], {}, in[1]); };
  check_at("clamp from above", above, {Input({0, 1, 2, NaN}, {1, 1, 0, 0}), Input({1}, {1})},
           {0, 1, 1, NaN});
}

TEST_CASE("where: the gradient goes by selection, so NaN never crosses over") {
  const Tensor condition = tg::tensor({true, false, true, false});
  const auto select = [&](const std::vector<Tensor>& in) {
    return tg::where(condition, in[0], in[1]);
  };
  check_at("where", select,
           {Input({1, NaN, 3, inf}, {1, 0, 1, 0}), Input({NaN, 6, -inf, 8}, {0, 1, 0, 1})},
           {1, 6, 3, 8});
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const Tensor a = tg::ones({4}, dtype).requires_grad_();
    const Tensor b = tg::ones({4}, dtype).requires_grad_();
    const Tensor upstream = tg::tensor({NaN, 1.0, 2.0, inf}, dtype);
    tg::where(condition, a, b).backward(upstream);
    check_values("gradient of a", a.grad(), {NaN, 0, 2, 0});
    check_values("gradient of b", b.grad(), {0, 1, 0, inf});
  }
}

TEST_CASE("a tensor that is both operands gets the sum of both gradients") {
  const auto twice = [](const Binary& f) {
    return [f](const std::vector<Tensor>& in) { return f(in[0], in[0]); };
  };
  using Plain = Tensor (*)(const Tensor&, const Tensor&);  // and not that with alpha
  check_at("x * x", twice(tg::mul), {Input({3}, {6})}, {9});
  check_at("x + x", twice(Plain(tg::add)), {Input({3}, {2})}, {6});
  check_at("x - x", twice(Plain(tg::sub)), {Input({3}, {0})}, {0});
  check_at("maximum(x, x)", twice(tg::maximum), {Input({3, NaN}, {1, 1})}, {3, NaN});
  check_at("minimum(x, x)", twice(tg::minimum), {Input({3}, {1})}, {3});
  check_at("pow(x, x)", twice(tg::pow), {Input({2}, {6.7725887222397811})}, {4});
  check_at("where(c, x, x)",
           [](const std::vector<Tensor>& in) {
             return tg::where(tg::tensor({true, false}), in[0], in[0]);
           },
           {Input({3, 4}, {1, 1})}, {3, 4});
  check_at("x @ x", [](const std::vector<Tensor>& in) { return tg::matmul(in[0], in[0]); },
           {Input({1, 2, 3, 4}, {2, 2}, {7, 11, 9, 13})}, {7, 10, 15, 22});
  check_at("cat(x, x)",
           [](const std::vector<Tensor>& in) {
             return tg::cat({in[0], in[0]});
           },
           {Input({1, 2}, {2, 2})}, {1, 2, 1, 2});
  check_at("linear(x, x, x)",
           [](const std::vector<Tensor>& in) {
             const Tensor square = tg::reshape(in[0], {1, 1});
             return tg::linear(square, square, in[0]);
           },
           {Input({3}, {7})}, {12});
}

TEST_CASE("operands of different float types: each gradient has the type of its own input") {
  const Tensor a = tg::tensor({1.5, 2.0}, tg::float32).requires_grad_();
  const Tensor b = tg::tensor({3.0, 4.0}, tg::float64).requires_grad_();
  const Tensor y = a * b;
  CHECK(y.dtype() == tg::float64);
  y.sum().backward();
  CHECK(a.grad().dtype() == tg::float32);
  CHECK(b.grad().dtype() == tg::float64);
  check_values("a", a.grad(), {3, 4});
  check_values("b", b.grad(), {1.5, 2});
}
