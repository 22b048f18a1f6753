// Further activations: both orders, what is drawn, shapes, types, memory and errors. Values and
// gradients against other sources are in tests/values.

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"
#include "tests/ops/unary_points.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;
using tg::Shape;

namespace {

/// Away from every kink, on both sides of each.
Tensor around() {
  return tg::tensor({{-4.0, -2.5, -1.3, -0.7}, {-0.3, -0.1, 0.2, 0.4}, {0.8, 1.6, 4.5, 7.5}},
                    tg::float64)
      .requires_grad_();
}

Tensor draw(const Shape& shape, tg::Generator& generator) {
  return (tg::randn(shape, tg::float64, generator) * 2).detach().clone().requires_grad_();
}

struct Named {
  const char* name;
  Unary f;
};

/// Those of one tensor, with the options that they have.
std::vector<Named> all() {
  return {{"hardtanh", [](const Tensor& x) { return tg::hardtanh(x, -1.5, 1); }},
          {"hardswish", tg::hardswish},
          {"hardsigmoid", tg::hardsigmoid},
          {"selu", tg::selu},
          {"celu", [](const Tensor& x) { return tg::celu(x, 0.75); }},
          {"mish", tg::mish},
          {"softsign", tg::softsign},
          {"softshrink", [](const Tensor& x) { return tg::softshrink(x, 0.25); }},
          {"hardshrink", [](const Tensor& x) { return tg::hardshrink(x, 0.25); }},
          {"gelu_tanh", tg::gelu_tanh},
          {"relu6", tg::relu6},
          {"tanhshrink", tg::tanhshrink},
          {"threshold", [](const Tensor& x) { return tg::threshold(x, 0.5, -2); }},
          {"rrelu", [](const Tensor& x) { return tg::rrelu(x); }}};
}

std::string message(const std::function<void()>& f) { return message_of<tg::Error>(f); }

}  // namespace

TEST_CASE("further activations are differentiable twice") {
  for (const auto& [name, f] : all())
    check_both_orders(
        name, [&f = f](const std::vector<Tensor>& in) { return tg::square(f(in[0])); }, {around()});
  tg::Generator generator(3);
  check_both_orders("glu", [](const std::vector<Tensor>& in) { return tg::glu(in[0], 0); },
                    {draw({4, 3}, generator)});
  check_both_orders("softmin", [](const std::vector<Tensor>& in) { return tg::softmin(in[0], 0); },
                    {draw({4, 3}, generator)});
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{4}})
    check_both_orders(
        "prelu", [](const std::vector<Tensor>& in) { return tg::square(tg::prelu(in[0], in[1])); },
        {around(), draw(shape, generator)});
}

TEST_CASE("compositions of activations pass the checks of operators") {
  tg::Generator generator(5);
  using Inputs = const std::vector<Tensor>&;
  for (const tg::OperatorInfo& op : std::vector<tg::OperatorInfo>{
           {"relu6", {{"a matrix", {around()}, [](Inputs in) { return tg::relu6(in[0]); }}}},
           {"tanhshrink",
            {{"a matrix", {around()}, [](Inputs in) { return tg::tanhshrink(in[0]); }}}},
           {"threshold",
            {{"a matrix", {around()}, [](Inputs in) { return tg::threshold(in[0], 0.5, -2); }}}},
           {"glu", {{"rows", {draw({3, 4}, generator)}, [](Inputs in) { return tg::glu(in[0]); }}}},
           {"prelu",
            {{"channels",
              {around(), draw({4}, generator)},
              [](Inputs in) { return tg::prelu(in[0], in[1]); }}}},
           {"softmin", {{"rows", {draw({3, 4}, generator)}, [](Inputs in) {
                           return tg::softmin(in[0], 1);
                         }}}}}) {
    const auto result = tg::verify(op);
    INFO(result.message());
    CHECK(result.ok());
  }
}

TEST_CASE("further activations keep shapes and float types, and make integers the default type") {
  for (const auto& [name, f] : all()) {
    INFO(name);
    const bool floating = std::string(name) == "rrelu";
    for (const Shape& shape : {Shape{}, Shape{0, 3}, Shape{2, 3}}) {
      for (const tg::DType dtype : {tg::float32, tg::float64}) {
        const Tensor y = f(tg::zeros(shape, dtype));
        CHECK(y.shape() == shape);
        CHECK(y.dtype() == dtype);
      }
      if (floating) continue;
      CHECK(f(tg::zeros(shape, tg::int64)).dtype() == tg::float32);
      CHECK(tg::allclose(f(tg::full(shape, 2)), f(tg::full(shape, 2.0))));
    }
  }
  CHECK(tg::glu(tg::zeros({2, 0, 3}), 1).shape() == Shape{2, 0, 3});
  CHECK(tg::glu(tg::zeros({0, 6})).shape() == Shape{0, 3});
  CHECK(tg::prelu(tg::zeros({0, 3}), tg::zeros({3})).shape() == Shape{0, 3});
  CHECK(tg::prelu(tg::tensor(-2.0), tg::tensor({0.5})).shape() == Shape{});
  CHECK(tg::prelu(tg::tensor({-2.0, 4.0}), 0.5).at<float>({0}) == -1);
  CHECK(tg::softmin(tg::tensor(2.0), 0).item() == 1);
}

TEST_CASE("what is drawn for rrelu is uniform between its limits") {
  tg::manual_seed(4);
  const Tensor y = -tg::rrelu(-tg::ones({40000}, tg::float64), 0.2, 0.6, true);
  CHECK(tg::min(y).item() >= 0.2);
  CHECK(tg::max(y).item() < 0.6);
  CHECK(tg::mean(y).item() == Approx(0.4).margin(0.003));
  CHECK(tg::std(y).item() == Approx(0.4 / std::sqrt(12.0)).epsilon(0.02));
}

TEST_CASE("the gradient of rrelu is the slope that was drawn; the seed repeats it") {
  const Tensor x = leaf({-2, 3, -4, 0, 5});
  tg::manual_seed(4);
  const Tensor y = tg::rrelu(x, 0.1, 0.9, true);
  tg::manual_seed(4);
  CHECK(tg::equal(tg::rrelu(x, 0.1, 0.9, true), y));
  const Tensor slopes = tg::grad(y.sum(), x);
  CHECK(tg::allclose(slopes * x, y));
  check_values("above", tg::where(x > 0, slopes, 1).detach(), {1, 1, 1, 1, 1});
  CHECK_FALSE(tg::equal(tg::rrelu(x, 0.1, 0.9, true), y));
}

TEST_CASE("rrelu draws nothing in evaluation, and nothing that an error leaves behind") {
  const auto before = tg::default_generator().position();
  const Tensor x = tg::tensor({-2.0, 3.0});
  check_values("evaluation", tg::rrelu(x, 0.25, 0.75), {-1, 3});
  CHECK_THROWS_AS(tg::rrelu(x, 0.5, 0.25, true), tg::ValueError);
  CHECK(tg::default_generator().position() == before);
}

TEST_CASE("activations take the memory of a temporary") {
  const tg::NoGrad no_grad;
  for (const auto f :
       {tg::hardswish, tg::hardsigmoid, tg::selu, tg::mish, tg::softsign, tg::gelu_tanh}) {
    Tensor x = tg::ones({3}) * 2;
    const auto memory = tg::detail::impl_of(x)->address();
    CHECK(tg::detail::impl_of(f(std::move(x)))->address() == memory);
  }
  // Nobody else's is taken.
  const Tensor x = tg::tensor({-2.0, 9.0});
  tg::relu6(x);
  tg::tanhshrink(x);
  tg::glu(x);
  check_values("x", x, {-2, 9});
  const Tensor kept = tg::hardshrink(x, -1);
  CHECK(tg::detail::impl_of(kept)->address() != tg::detail::impl_of(x)->address());
}

TEST_CASE("gelu by tanh is near gelu, and mish near its limits") {
  const Tensor x = tg::linspace(-6, 6, 101, tg::float64);
  CHECK(tg::max(tg::abs(tg::gelu(x) - tg::gelu_tanh(x))).item() < 5e-4);
  check_values("mish", tg::mish(tg::tensor({50.0, 1e30, -50.0}, tg::float64)),
               {50, 1e30, -50 * std::exp(-50.0)});
}

TEST_CASE("gelu of float32 keeps its digits far below 0, and so does its gradient") {
  const Tensor x = tg::linspace(-12.8, 12.8, 4000).requires_grad_();
  const Tensor y = tg::gelu(x), g = tg::grad(tg::sum(y), x);
  double worst = 0, worst_gradient = 0;
  for (int i = 0; i < 4000; ++i) {
    const double at = x.at<float>({i});
    const double below = std::erfc(-at / std::sqrt(2.0)) / 2;
    const double density = std::exp(-at * at / 2) / std::sqrt(2 * 3.141592653589793);
    worst = std::max(worst, std::abs(y.at<float>({i}) / (at * below) - 1));
    worst_gradient = std::max(worst_gradient, std::abs(g.at<float>({i}) - (below + at * density)) /
                                                  (below + std::abs(at) * density));
  }
  CHECK(worst < 9e-7);
  CHECK(worst_gradient < 9e-7);
}

TEST_CASE("further activations say what does not fit") {
  const Tensor x = tg::ones({2, 3});
  CHECK(message([&] { tg::hardtanh(x, 2, -1); }) ==
        "hardtanh: min_val must not be greater than max_val, but they are 2 and -1");
  CHECK(message([&] { tg::hardtanh(x, NaN, 1); }).starts_with("hardtanh: "));
  CHECK(message([&] { tg::celu(x, 0); }) == "celu: alpha must not be 0; relu is the limit");
  CHECK(message([&] { tg::softshrink(x, -1); }) ==
        "softshrink: lambd must not be negative, but is -1");
  CHECK(message([&] { tg::softshrink(x, NaN); }).starts_with("softshrink: "));
  CHECK(message([&] { tg::glu(x); }) ==
        "glu: dimension 1 of shape [2, 3] is cut into halves and must be even, but has 3 entries");
  CHECK_THROWS_AS(tg::glu(x), tg::ShapeError);
  CHECK_THROWS_AS(tg::glu(x, 2), tg::IndexError);
  CHECK(message([&] { tg::glu(x, -3); }).starts_with("glu: "));
  CHECK(message([&] { tg::glu(tg::tensor(1.0)); }).starts_with("glu: "));
  CHECK_THROWS_AS(tg::prelu(x, tg::ones({2})), tg::ShapeError);
  CHECK(message([&] { tg::prelu(x, tg::ones({2})); }) ==
        "prelu: the weight must be one number, or one for each of the 3 channels, which are "
        "dimension 1 of the input [2, 3], but its shape is [2]");
  CHECK_THROWS_AS(tg::prelu(x, tg::ones({1, 3})), tg::ShapeError);
  CHECK_THROWS_AS(tg::prelu(tg::ones({3}), tg::ones({3})), tg::ShapeError);
  CHECK(message([&] { tg::prelu(x, tg::ones({3}, tg::float64)); }) ==
        "prelu: the weight is float64 but the input is float32; convert one of them with to()");
  CHECK_THROWS_AS(tg::prelu(tg::ones({2}, tg::int64), 1), tg::DTypeError);
  CHECK_THROWS_AS(tg::rrelu(tg::ones({2}, tg::int64)), tg::DTypeError);
  CHECK(message([&] { tg::rrelu(x, 0.5, 0.25); }) ==
        "rrelu: lower must not be greater than upper, and both be finite, but they are 0.5 and "
        "0.25");
  CHECK_THROWS_AS(tg::rrelu(x, 0, inf), tg::ValueError);
  CHECK(message([&] { tg::softmin(x, 2); }).starts_with("softmin: "));
  CHECK(message([&] { tg::softmin(tg::ones({2}, tg::int64), 0); }).starts_with("softmin: "));
}
