#include "autograd/scalar_op.h"

#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/ops/core/leading.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/on_threads.h"
#include "tests/seen_calls.h"

namespace tg = tapegrad;
using Catch::Matchers::ContainsSubstring;
using tg::float32;
using tg::float64;
using tg::Tensor;

namespace {

using Tensors = std::vector<Tensor>;

Tensor leaf(const Tensor& values) { return values.to(float64).detach().requires_grad_(); }

void check_close(const Tensor& found, const Tensor& expected, double tolerance = 1e-10) {
  REQUIRE(found.shape() == expected.shape());
  REQUIRE(found.dtype() == expected.dtype());
  const auto a = found.to(float64), b = expected.to(float64);
  for (std::size_t i = 0; i < a.data<double>().size(); ++i)
    CHECK(a.data<double>()[i] == Approx(b.data<double>()[i]).epsilon(tolerance).margin(tolerance));
}

/// Gate of a neuron, a text that numbers and tensors share.
constexpr auto gate_text = [](auto x, auto y) { return x * y / (1 + exp(-y)); };

/// Every function of a number, of two arguments above 0 and below 1.
struct Functions {
  auto operator()(auto x, auto y) const {
    auto sum = sin(x) + cos(y) + tan(x) + asin(x) + acos(y) + atan(x) + atan2(x, y) + hypot(x, y);
    sum = sum + sinh(x) * cosh(y) + tanh(x) + asinh(y) + acosh(x + 1.5) + atanh(y) + sinc(x);
    sum = sum + exp(x) * expm1(y) + exp2(x) + log(y) + log1p(x) + log2(x) + log10(y);
    sum = sum + logaddexp(x, y) + xlogy(x, y) + sqrt(x) + rsqrt(y) + pow(x, y) + pow(x, 3);
    sum = sum + square(x) / reciprocal(y) + erf(x) + erfc(y) + erfinv(x) + lgamma(x) + digamma(y);
    sum = sum + polygamma(2, x) + relu(x - 0.5) + leaky_relu(-x, 0.2) + elu(-y) + gelu(x) + silu(y);
    sum = sum + sigmoid(x) - logsigmoid(y) + softplus(x, 2.0) + clamp(y, 0.25, 0.5) + abs(x - y);
    sum = sum + maximum(x, y) * minimum(x, 0.5) + fmax(x, y) - fmin(y, 0.25) + copysign(x, -y);
    sum = sum + floor(3 * x) * y + ceil(y) + round(x) * y + trunc(3 * y) * x + sign(x - y) * x;
    return sum + fmod(x, 0.25) * remainder(y, x) + floor_divide(y, x) + where(x > y, x, 2 * y);
  }
};

/// What a derivative of order `order` is of a function of two tensors, in one direction after
/// another.
Tensor derivative(const std::function<Tensor(const Tensor&, const Tensor&)>& f, const Tensors& in,
                  int order) {
  Tensor value = tg::sum(f(in[0], in[1]));
  for (int k = 0; k < order; ++k) {
    const Tensors g = tg::grad({value}, in, {.create_graph = true, .allow_unused = true});
    value = tg::sum(g[0] * (1.0 + k)) - tg::sum(g[1] * 0.5);
  }
  return value;
}

/// The value of a formula of the library on dual numbers, and its own rules.
template <class Op>
void check_formula(Op op) {
  using Number = tg::formula::Number<double>;
  using Dual = tg::formula::Dual<Number, 2>;
  double a = 0.31;
  if constexpr (!std::is_array_v<decltype(Op::reads)>)
    a = (op.samples.low + 3 * op.samples.high) / 4;
  const double b = 0.74;
  const Dual x = Dual::variable(a, 0), y = Dual::variable(b, 1);
  INFO(Op::name);
  if constexpr (std::is_array_v<decltype(Op::reads)>) {
    const Dual found = op.forward(x, y);
    const Number value = op.forward(Number(a), Number(b));
    CHECK(found.item() == Approx(value.value));
    CHECK(found.slope[0].value ==
          Approx(Number(op.vjp_a(Number(1), Number(a), Number(b), value)).value));
    CHECK(found.slope[1].value ==
          Approx(Number(op.vjp_b(Number(1), Number(a), Number(b), value)).value));
  } else {
    const Dual found = op.forward(x);
    const Number value = op.forward(Number(a));
    CHECK(found.item() == Approx(value.value));
    CHECK(found.slope[0].value == Approx(Number(op.vjp(Number(1), Number(a), value)).value));
    CHECK(found.slope[1].value == 0);
  }
}
template <class... Op>
void check_formulas(tg::formula::List<Op...>) {
  (check_formula(Op()), ...);
}

}  // namespace

TEST_CASE("the text of every formula runs on dual numbers", "[scalar_op]") {
  check_formulas(tg::formula::Elementwise());
}

TEST_CASE("a scalar operator agrees with its closed form to second order", "[scalar_op]") {
  const auto op = tg::scalar_op([](auto x, auto y) { return exp(x * y) + x * x * y; });
  const Tensor x = leaf(tg::tensor({0.5, -1.25, 2.0})), y = leaf(tg::tensor({1.5, 0.75, -0.5}));
  const Tensor e = tg::exp(x.detach() * y.detach()), a = x.detach(), b = y.detach();
  const Tensor z = op(x, y);
  check_close(z, e + a * a * b);
  const Tensors g = tg::grad({tg::sum(z)}, {x, y}, {.create_graph = true});
  check_close(g[0], b * e + 2 * a * b);
  check_close(g[1], a * e + a * a);
  const Tensors xx = tg::grad({tg::sum(g[0])}, {x, y}, {.retain_graph = true});
  check_close(xx[0], b * b * e + 2 * b);
  check_close(xx[1], e + a * b * e + 2 * a);
  const Tensors yy = tg::grad({tg::sum(g[1])}, {x, y});
  check_close(yy[0], e + a * b * e + 2 * a);
  check_close(yy[1], a * a * e);
}

TEST_CASE("numbers have the functions of tensors, with their derivatives", "[scalar_op]") {
  const auto op = tg::scalar_op<4>(Functions(), "functions");
  const Tensors in{leaf(tg::tensor({0.3, 0.7, 0.9})), leaf(tg::tensor({0.45, 0.6, 0.2}))};
  const int order = GENERATE(0, 1, 2, 3, 4);
  CAPTURE(order);
  const auto f = [&](const Tensor& x, const Tensor& y) { return op(x, y); };
  check_close(derivative(f, in, order), derivative(Functions(), in, order));
}

TEST_CASE("derivatives of derivatives are right where all of their inputs vary", "[scalar_op]") {
  const auto text = [](auto x, auto y) {
    return std::array{sin(x) * exp(0.5 * y) + x * x * y, tanh(x * y) + 0.25 * y * y};
  };
  const auto op = tg::scalar_op<5>(text, "two");
  const Tensors in{leaf(tg::tensor({0.3, -0.7})), leaf(tg::tensor({0.45, 0.6}))};
  const auto derivatives = [&](const auto& f, int order) {
    const auto [a, b] = f(in[0], in[1]);
    Tensor value = tg::sum(a * b + tg::sin(a));
    for (int k = 0; k < order; ++k) {
      const Tensors g = tg::grad({value}, in, {.create_graph = true});
      value = 0.1 * tg::sum(tg::sin(0.2 * g[0] * g[1]) + g[0] * in[1] - tg::cos(0.3 * g[1]));
    }
    return value;
  };
  const int order = GENERATE(1, 2, 3, 4, 5);
  CAPTURE(order);
  check_close(derivatives(op, order), derivatives(text, order), 1e-9);
}

TEST_CASE("a scalar operator passes the battery of the library's own", "[scalar_op]") {
  tg::manual_seed(3);
  const auto gate = tg::scalar_op(gate_text, "gate");
  const auto two = tg::scalar_op(
      [](auto x, auto y, auto z) {
        return std::array{x * sin(y), exp(z) / (1 + x * x)};
      },
      "two");
  const Tensor x = leaf(tg::randn({3, 1})), y = leaf(tg::randn({2, 1, 4})),
               z = leaf(tg::randn({4}));
  const auto result =
      tg::verify({"scalar_op",
                  {{"broadcast", {x, y}, [&](const Tensors& in) { return gate(in[0], in[1]); }},
                   {"the same twice", {x}, [&](const Tensors& in) { return gate(in[0], in[0]); }},
                   {"a number", {y}, [&](const Tensors& in) { return gate(in[0], 0.5); }},
                   {"two results",
                    {x, y, z},
                    [&](const Tensors& in) {
                      const auto [a, b] = two(in[0], in[1], in[2]);
                      return a * b;
                    }},
                   {"one of two results", {x, y, z}, [&](const Tensors& in) {
                      return two(in[0], in[1], in[2])[1];
                    }}}});
  INFO(result.message());
  CHECK(result.ok());
}

TEST_CASE("a call of a scalar operator is one record, with the name that it was given",
          "[scalar_op]") {
  const Tensor x = leaf(tg::tensor({0.5, 2.0}));
  const auto list = tg::records(tg::scalar_op(gate_text, "gate")(x, 1.5));
  REQUIRE(list.size() == 1);
  CHECK(list[0].name == "gate");
  CHECK(list[0].bytes_saved == 2 * 8 + 8 + 2 * 8);  // x, the number, dz/dx
  CHECK(tg::records(tg::scalar_op(gate_text)(x, 1.5))[0].name == "scalar_op");
  const auto pair = tg::scalar_op([](auto a) { return std::tuple(a, a * a); }, "pair")(x);
  CHECK(tg::records(pair[1]).back().name == "pair[1]");
  const Tensor slope =
      tg::grad(tg::sum(tg::scalar_op(gate_text, "gate")(x, 1.5)), x, {.create_graph = true});
  CHECK(tg::records(slope).back().name == "gate_vjp");
}

TEST_CASE("loops, branches and arrays run with derivatives", "[scalar_op]") {
  // The exponential function by its series, until a term changes nothing.
  const auto series = tg::scalar_op<3>([](auto x) {
    using Number = decltype(x);
    if (x < 0) x = -x;
    Number sum = 1, term = 1;
    for (int k = 1; abs(term) > 1e-18 * sum; ++k) sum += term *= x / k;
    return sum;
  });
  // A pendulum, by steps of a symplectic method.
  const auto swing = tg::scalar_op([](auto angle, auto length) {
    std::array<decltype(angle), 2> s{angle, decltype(angle)(0)};
    for (int step = 0; step < 200; ++step) {
      s[1] -= 0.01 * 9.81 / length * s[0];
      s[0] += 0.01 * s[1];
    }
    return s;
  });
  const Tensor x = leaf(tg::tensor({0.5, -1.5}));
  const Tensor y = series(x);
  check_close(y, tg::exp(tg::abs(x)).detach());
  Tensor d = tg::grad(tg::sum(y), x, {.create_graph = true});
  check_close(d.detach(), (tg::sign(x) * tg::exp(tg::abs(x))).detach());
  d = tg::grad(tg::sum(d), x, {.create_graph = true});
  check_close(d.detach(), tg::exp(tg::abs(x)).detach());
  check_close(tg::grad(tg::sum(d), x), (tg::sign(x) * tg::exp(tg::abs(x))).detach());

  // The method is linear in the angle.
  const Tensor start = leaf(tg::tensor({0.1, 0.2})), length = leaf(tg::tensor(1.5));
  const auto [angle, speed] = swing(start, length);
  check_close(tg::grad(tg::sum(angle), start, {.retain_graph = true}), (angle / start).detach());
  const auto result =
      tg::gradcheck([&](const Tensors& in) { return swing(in[0], in[1])[0]; },
                    Tensors{start, length}, {.second_order = true, .forward_mode = true});
  INFO(result.message());
  CHECK(result.ok);
  CHECK(speed.shape() == tg::Shape{2});
}

TEST_CASE("types, numbers and shapes are those of arithmetic", "[scalar_op]") {
  const auto op = tg::scalar_op(gate_text);
  const Tensor f = tg::tensor({0.5, 2.0}, float32), d = tg::tensor({1.5, -1.0}, float64);
  const Tensor i = tg::tensor({1, 2}, tg::int64);
  CHECK(op(f, f).dtype() == float32);
  CHECK(op(f, 0.5).dtype() == float32);
  CHECK(op(f, d).dtype() == float64);
  CHECK(op(i, 2).dtype() == float32);
  CHECK(op(i, i).dtype() == float32);
  CHECK(op(f, tg::tensor(0.5, float64)).dtype() == float32);
  CHECK(op(1, 2).dtype() == float64);
  CHECK((op(1, 2) + f).dtype() == float32);  // two numbers make a number
  CHECK(op(1, 2).item() == Approx(2 / (1 + std::exp(-2.0))));
  check_close(op(f, d), gate_text(f, d));
  check_close(op(i, f), gate_text(i, f), 1e-6);
  CHECK(op(tg::zeros({0, 3}), tg::zeros({1})).shape() == tg::Shape{0, 3});
  CHECK(op(tg::tensor(1.0), tg::tensor(2.0)).shape() == tg::Shape{});
  const Tensor wide = tg::rand({2, 1, 1, 1, 1, 1, 1, 3}, float64);
  const Tensor tall = tg::rand({2, 1, 2, 1, 1, 2, 1}, float64);
  check_close(op(wide, tall), gate_text(wide, tall));

  Tensor single = f.detach().requires_grad_(), whole = d.detach().requires_grad_();
  const Tensors g = tg::grad({tg::sum(op(single, whole))}, {single, whole});
  CHECK(g[0].dtype() == float32);
  CHECK(g[1].dtype() == float64);
  check_close(g[0], (whole / (1 + exp(-whole))).detach().to(float32), 1e-6);
  const Tensor none = leaf(tg::zeros({0, 3}));
  CHECK(tg::grad(tg::sum(op(none, none)), none).shape() == tg::Shape{0, 3});
}

TEST_CASE("gradients follow the conventions at ties and bounds", "[scalar_op]") {
  const auto at = [](const auto& f, double a, double b) {
    const Tensor x = leaf(tg::tensor(a)), y = leaf(tg::tensor(b));
    const Tensors g = tg::grad({tg::scalar_op(f)(x, y)}, {x, y});
    return std::array{g[0].item(), g[1].item()};
  };
  using Pair = std::array<double, 2>;
  CHECK(at([](auto x, auto y) { return maximum(x, y); }, 1, 1) == Pair{0.5, 0.5});
  CHECK(at([](auto x, auto y) { return fmax(x, y); }, 1, 1) == Pair{1, 0});
  CHECK(at([](auto x, auto y) { return abs(x) + y; }, 0, 0) == Pair{0, 1});
  CHECK(at([](auto x, auto y) { return clamp(x, 0, 1) + y; }, 1, 0) == Pair{1, 1});
  CHECK(at([](auto x, auto y) { return hypot(x, y); }, 0, 0) == Pair{0, 0});
  CHECK(at([](auto x, auto y) { return pow(x, y); }, 0, 0) == Pair{0, 0});
  CHECK(at([](auto x, auto y) { return pow(x, 0) + y; }, 0, 0) == Pair{0, 1});
  CHECK(at([](auto x, auto y) { return relu(x) + y; }, 0, 0) == Pair{0, 1});
  // What does not move is left out, as inputs without gradients are; the other is infinite.
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(at([](auto x, auto y) { return sqrt(x) + y; }, 0, 0) == Pair{inf, 1});
  CHECK(at([](auto x, auto y) { return pow(x, 2) + y; }, -2, 0) == Pair{-4, 1});
  CHECK(std::isnan(at([](auto x, auto y) { return pow(x, y); }, -2, 2)[1]));
  CHECK(at([](auto x, auto y) { return pow(x, y); }, -2, 2)[0] == -4);
  CHECK(std::isnan(at([](auto x, auto y) { return sqrt(x * x) + y; }, 0, 0)[0]));
}

TEST_CASE("only inputs with gradients are kept for", "[scalar_op]") {
  const auto sum = tg::scalar_op([](auto... x) { return exp((x + ...)); });
  const Tensor c = tg::full({100}, 0.1, float64);
  const Tensor x = leaf(tg::rand({100}));
  const Tensor y = sum(c, c, c, c, c, c, c, x);
  CHECK(tg::records(y)[0].bytes_saved == 3 * 800);  // x, c, and dy/dx
  check_close(tg::grad(tg::sum(y), x), y.detach());
  {
    const tg::NoGrad no_grad;
    CHECK(tg::records(sum(x)).empty());
  }
  CHECK(tg::records(sum(c)).empty());
}

TEST_CASE("captured values live as long as the graph", "[scalar_op]") {
  Tensor x = leaf(tg::tensor({2.0, 3.0})), y;
  {
    const std::vector<double> coefficients{1, -2, 0.5};
    const auto polynomial = tg::scalar_op([coefficients](auto t) {
      decltype(t) sum = 0;
      for (std::size_t k = coefficients.size(); k-- > 0;) sum = sum * t + coefficients[k];
      return sum;
    });
    y = polynomial(x);
  }
  const Tensor slope = tg::grad(tg::sum(y), x, {.create_graph = true});
  check_close(slope.detach(), (x - 2).detach());
  check_close(tg::grad(tg::sum(slope), x), tg::ones({2}, float64));
}

TEST_CASE("a scalar operator has the same bits with any number of threads", "[scalar_op]") {
  tg::manual_seed(5);
  for (const auto dtype : {float32, float64}) {
    const auto op = tg::scalar_op([](auto x, auto k) {
      for (int step = 0; step < 50; ++step) x += 0.02 * sin(k * x) / (1 + x * x);
      return std::array{x, x * k};
    });
    const Tensor x = tg::randn({1000, 7}, dtype).requires_grad_();
    const Tensor k = tg::randn({7}, dtype).requires_grad_();
    const auto run = [&] {
      const auto [a, b] = op(x, k);
      Tensors all = tg::grad({tg::sum(a * b)}, {x, k}, {.create_graph = true});
      for (const Tensor& each : tg::grad({tg::sum(all[0] * all[0])}, {x, k})) all.push_back(each);
      all.push_back(a);
      return all;
    };
    const Tensors one = run();
    tg::set_num_threads(4);
    const Tensors four = run();
    tg::set_num_threads(1);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(tg::equal(one[i], four[i]));
  }
}

TEST_CASE("forward mode nests in itself and in reverse mode", "[scalar_op]") {
  const auto op = tg::scalar_op<3>([](auto x, auto y) { return sin(x) * exp(y) + x * x * y; });
  const Tensor x = tg::tensor({0.5, -1.0}, float64), y = tg::tensor(0.75, float64);
  const Tensor v = tg::tensor({1.0, 2.0}, float64);
  const auto f = [&](const Tensor& a) { return op(a, y); };
  const auto first = [&](const Tensor& a) { return tg::jvp(f, a, v).second; };
  check_close(first(x), (tg::cos(x) * tg::exp(y) + 2 * x * y) * v);
  check_close(tg::jvp(first, x, v).second, (2 * y - tg::sin(x) * tg::exp(y)) * v * v);
  // Reverse over forward, and forward over reverse.
  const Tensor a = leaf(x);
  check_close(tg::grad(tg::sum(first(a)), a), (2 * y - tg::sin(x) * tg::exp(y)) * v);
  const auto gradient = [&](const Tensor& b) {
    Tensor in = b;
    if (!in.requires_grad()) in = (b * 1.0).requires_grad_();
    return tg::grad(tg::sum(f(in)), in, {.create_graph = true});
  };
  check_close(tg::jvp(gradient, x, v).second.detach(), (2 * y - tg::sin(x) * tg::exp(y)) * v);
  const auto square = [&](const Tensor& b) { return tg::jvp(gradient, b, v).second; };
  check_close(tg::jvp(square, x, v).second.detach(), -tg::cos(x) * tg::exp(y) * v * v);
}

TEST_CASE("a further first dimension is one call, of derivatives too", "[scalar_op]") {
  const auto op = tg::scalar_op([](auto x, auto y) { return x * exp(y); });
  const Tensor x = leaf(tg::rand({3})), y = leaf(tg::rand({2, 3}));
  SeenCalls seen;
  const Tensor g = tg::grad(tg::sum(op(x, y)), x, {.create_graph = true});
  (void)tg::jvp([&](const Tensor& a) { return op(a, y.detach()); }, x.detach(),
                tg::ones({3}, float64));
  int checked = 0;
  const std::vector<SeenCall> calls = seen.all;
  for (const SeenCall& call : calls) {
    if (!std::string_view(call.type->name).starts_with("scalar_op")) continue;
    CHECK(call.type->sparsity == tg::Sparsity::elementwise);
    Tensors batch = call.inputs;
    std::vector<bool> which(batch.size());
    which[1] = true;
    batch[1] = tg::stack({batch[1], 2 * batch[1], -batch[1]});
    const Tensor all = tg::detail::batched_call(*call.type, call.attributes, batch, which)[0];
    for (int entry = 0; entry < 3; ++entry) {
      Tensors one = batch;
      one[1] = tg::select(batch[1], 0, entry);
      check_close(tg::select(all, 0, entry), call.type->call(call.attributes, one)[0]);
    }
    ++checked;
  }
  CHECK(checked == 4);
}

TEST_CASE("what a scalar operator cannot do is said", "[scalar_op]") {
  const Tensor x = leaf(tg::tensor({0.5, 2.0}));
  const auto op = tg::scalar_op<1>([](auto t) { return t * t * t; }, "cube");
  CHECK_THAT(
      message_of<tg::GradError>(
          [&] { (void)tg::grad(tg::sum(tg::grad(tg::sum(op(x)), x, {.create_graph = true})), x); }),
      ContainsSubstring("cube: its derivative of order 2 is asked for, but it is compiled up "
                        "to order 1; write scalar_op<2>(f) in place of scalar_op(f)"));
  const auto two = tg::scalar_op(gate_text, "gate");
  CHECK_THAT(message_of<tg::ShapeError>([&] { (void)two(x, tg::ones(3)); }),
             ContainsSubstring("gate"));
  CHECK_THAT(message_of<tg::ValueError>([&] { (void)two(x, Tensor()); }),
             ContainsSubstring("gate"));
  const auto picky = tg::scalar_op([](auto t) {
    if (t > 1) throw std::domain_error("above 1");
    return t;
  });
  CHECK_THROWS_AS(picky(x), std::domain_error);
  // A value that has changed since.
  Tensor y = leaf(tg::tensor({0.5, 2.0})) * 1.0;
  const Tensor z = op(y);
  y.mul_(2);
  CHECK_THAT(message_of<tg::GradError>([&] { tg::sum(z).backward(); }), ContainsSubstring("cube"));
}

TEST_CASE("a call whose function has gone cannot be repeated", "[scalar_op]") {
  std::vector<SeenCall> calls;
  {
    SeenCalls seen;
    (void)tg::scalar_op([](auto t) { return t * t; }, "gone")(tg::ones(2));
    calls = seen.all;
  }
  REQUIRE(calls.size() == 1);
  CHECK_THAT(message_of<tg::ValueError>(
                 [&] { (void)calls[0].type->call(calls[0].attributes, calls[0].inputs); }),
             ContainsSubstring("nobody keeps its function any more"));
}
