// Mistakes that released libraries made. Each test states what is right, at first and, where it
// applies, at second order.
// What is a matter of single points is a row in tests/conventions; schedules, optimizers and resumed
// runs are in tests/nn/optim, large offsets and scales in scale_offset_test, sums of very many in
// long_reductions_test, refused memory in tests/faults.

#include "autograd/check/gradcheck.h"
#include "tests/ops/both_orders.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

namespace {

Tensor leaf(const std::vector<double>& values, const tg::Shape& shape) {
  return tg::tensor(values, shape, tg::float64).requires_grad_();
}

/// d^2 f / dx^2 for a function of each element.
Tensor second_derivative(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  const Tensor first = tg::grad(f(x).sum(), x, {.create_graph = true});
  if (!first.requires_grad()) return tg::zeros_like(x);
  const Tensor second = tg::grad({first.sum()}, {x}, {.allow_unused = true})[0];
  return second.defined() ? second : tg::zeros_like(x);
}

using Binary = Tensor (*)(const Tensor&, const Tensor&);

struct NamedBinary {
  const char* name;
  Binary f;
};

const NamedBinary binaries[] = {{"add", tg::add},         {"sub", tg::sub},
                                {"mul", tg::mul},         {"div", tg::div},
                                {"maximum", tg::maximum}, {"minimum", tg::minimum}};

}  // namespace

TEST_CASE("tie gradients sum to the upstream gradient") {
  for (const Binary f : {Binary(tg::maximum), Binary(tg::minimum)}) {
    const Tensor a = leaf({1, 2, 3, 0}, {4});
    const Tensor b = leaf({1, 2, 0, 3}, {4});
    const Tensor upstream = tg::tensor({5.0, -2.0, 3.0, 0.5}, tg::float64);
    const auto g = tg::grad({f(a, b)}, {a, b}, {.grad_outputs = {upstream}});
    check_values("a + b", g[0] + g[1], {5, -2, 3, 0.5});
  }
  for (const double upstream : {1.0, -3.0}) {
    const Tensor x = leaf({2, 2, 1, 2, 2, 2}, {2, 3});
    const Tensor seed = tg::full({2}, upstream, tg::float64);
    for (const Tensor& y : {x.amax(1), -((-x).amin(1)), x.max(1).values})
      check_values("sums", tg::grad({y}, {x}, {.grad_outputs = {seed}})[0].sum(1),
                   {upstream, upstream});
  }
}

TEST_CASE("std of equal elements has gradient 0 and no NaN at second order") {
  const Tensor x = leaf({3, 3, 3}, {3});
  const Tensor first = tg::grad(x.std(), x, {.create_graph = true});
  check_values("first", first, {0, 0, 0});
  const auto second = tg::grad({first.sum()}, {x}, {.allow_unused = true});
  if (second[0].defined()) check_values("second", second[0], {0, 0, 0});
  check_both_orders("std", [](const auto& in) { return in[0].std(1); }, {samples({2, 4}, 1)});
  check_both_orders("var", [](const auto& in) { return in[0].var({0}, 0); }, {samples({3, 2}, 2)});
}

TEST_CASE("pow agrees with differences in both arguments") {
  const Tensor base = leaf({0.5, 1.5, 2, 0.1, 1, 3}, {2, 3});
  const Tensor exponent = leaf({2, -1, 0.5, 1, 3, 0}, {2, 3});
  check_both_orders("pow", [](const auto& in) { return tg::pow(in[0], in[1]); }, {base, exponent});
  check_both_orders("negative bases",
                    [](const auto& in) { return tg::pow(in[0], 3.0) + tg::pow(in[0], 2.0); },
                    {leaf({-1, -0.5, -2, 0, 1, 2}, {6})});
  check_both_orders("exponent", [](const auto& in) { return tg::pow(2.5, in[0]); }, {exponent});
}

TEST_CASE("prod with no, one, two and three zeros is right at first and second order") {
  const auto all = [](const std::vector<Tensor>& in) { return in[0].prod(); };
  const auto rows = [](const std::vector<Tensor>& in) { return in[0].prod(1); };
  check_both_orders("none", all, {leaf({2, -3, 4, 0.5}, {4})});
  check_both_orders("one", all, {leaf({2, 0, 4, 0.5}, {4})});
  check_both_orders("two", all, {leaf({0, -3, 0, 0.5}, {4})});
  check_both_orders("three", all, {leaf({0, 0, 4, 0}, {4})});
  check_both_orders("rows", rows, {leaf({2, -3, 4, 0, 2, 5, 0, 0, 3, 0, 0, 0}, {4, 3})});
  check_both_orders("columns", [](const auto& in) { return in[0].prod(0, true); },
                    {leaf({2, 0, 4, 0, 0, 5}, {3, 2})});
  check_both_orders("over two",
                    [](const auto& in) {
                      return in[0].prod({0, 2});
                    },
                    {leaf({2, 1, 0, 3, 1, 0, 4, 2}, {2, 2, 2})});
}

TEST_CASE("the third derivative of prod at zeros stays connected") {
  const Tensor x = leaf({0, 0, 0}, {3});
  const Tensor first = tg::grad(x.prod(), x, {.create_graph = true});
  const Tensor second = tg::grad(first.select(0, 0), x, {.create_graph = true});
  const Tensor third = tg::grad(second.select(0, 1), x);
  check_values("d3 (xyz) / dx dy dz", third, {0, 0, 1});
}

TEST_CASE("NaN and infinity in the branch that where does not take stay there") {
  const Tensor x = leaf({-1, 0, 4}, {3});
  const Tensor safe = tg::where(x > 0, x, 1);
  const Tensor y = tg::where(x > 0, tg::log(safe) + tg::sqrt(safe), 0);
  const Tensor first = tg::grad(y.sum(), x, {.create_graph = true});
  check_values("first", first, {0, 0, 0.5});
  check_values("second", tg::grad(first.sum(), x), {0, 0, -1.0 / 16 - 1.0 / 32});
  const Tensor dead = leaf({NaN, inf, 1}, {3});
  const auto g = tg::grad({tg::where(x > 0, x * x, dead).sum()}, {x, dead});
  check_values("x", g[0], {0, 0, 8});
  check_values("dead", g[1], {1, 1, 0});
}

TEST_CASE("a loss whose missing targets are NaN: select before the arithmetic") {
  const Tensor prediction = leaf({1, 2, 3}, {3});
  const Tensor target = tg::tensor({0.5, NaN, 5.0}, tg::float64);
  const Tensor difference = tg::where(tg::isnan(target), 0, prediction - target);
  const Tensor loss = tg::square(difference).sum();
  const Tensor first = tg::grad(loss, prediction, {.create_graph = true});
  check_values("value", loss, {4.25});
  check_values("first", first, {1, 0, -4});
  check_values("second", tg::grad(first.sum(), prediction), {2, 0, 2});
}

TEST_CASE("logsumexp and softmax agree with differences, also far out") {
  const Tensor x = samples({2, 4}, 3);
  const auto far = [](const std::vector<Tensor>& in) { return (in[0] + 800).logsumexp(1); };
  check_both_orders("logsumexp", [](const auto& in) { return in[0].logsumexp({0, 1}); }, {x});
  check_both_orders("logsumexp, far out", far, {x});
  check_both_orders("softmax", [](const auto& in) { return in[0].softmax(0); }, {x});
  check_both_orders("log_softmax", [](const auto& in) { return (in[0] * 50).log_softmax(1) / 50; },
                    {x});
}

TEST_CASE("the second derivative of logsumexp with -inf is finite") {
  const Tensor x = leaf({-inf, 0, 0}, {3});
  const Tensor first = tg::grad(x.logsumexp(0), x, {.create_graph = true});
  check_values("first", first, {0, 0.5, 0.5});
  check_values("second", tg::grad(first.select(0, 1), x), {0, 0.25, -0.25});
}

TEST_CASE("every operand that was broadcast gets the sum, in every pattern") {
  const std::pair<tg::Shape, tg::Shape> patterns[] = {
      {{2, 3}, {2, 3}},    {{2, 3}, {3}},       {{3}, {2, 3}},          {{2, 3}, {}},
      {{}, {2, 3}},        {{2, 1}, {1, 3}},    {{1}, {2, 3}},          {{2, 1, 3}, {4, 1}},
      {{4, 1}, {2, 1, 3}}, {{1, 1}, {2, 2, 2}}, {{2, 3, 1}, {2, 1, 2}}, {{1, 3}, {1}}};
  for (const NamedBinary& binary : binaries) {
    const auto f = [&](const std::vector<Tensor>& in) { return binary.f(in[0], in[1]); };
    std::uint64_t seed = 10;
    for (const auto& [a, b] : patterns) {
      const std::string what = std::string(binary.name) + " " + to_string(a) + " " + to_string(b);
      check_both_orders(what, f, {samples(a, seed), samples(b, seed + 1)});
      seed += 2;
    }
  }
  const Tensor condition = tg::tensor({{true}, {false}});
  check_both_orders("where", [&](const auto& in) { return tg::where(condition, in[0], in[1]); },
                    {samples({3}, 5), samples({2, 1}, 6)});
}

TEST_CASE("a number that is added to many gets their sum, not their mean") {
  const Tensor x = leaf({1, 2, 3, 4, 5, 6}, {2, 3});
  const Tensor s = leaf({10}, {});
  (x + s).sum().backward();
  check_values("s", s.grad(), {6});
  CHECK(s.grad().shape() == tg::Shape{});
}

TEST_CASE("repeated indices add up their gradients") {
  const Tensor x = leaf({1, 2, 3}, {3});
  const Tensor rows = tg::tensor({0, 2, 2, 2});
  check_values("index_select", tg::grad(tg::index_select(x, 0, rows).sum(), x), {1, 0, 3});
  check_values("gather", tg::grad(tg::gather(x, 0, rows).sum(), x), {1, 0, 3});
  check_both_orders("index_select",
                    [&](const auto& in) { return tg::index_select(in[0], 1, rows) * in[0].sum(); },
                    {samples({2, 3}, 7)});
  const Tensor index = tg::tensor({{0, 0, 1}, {1, 1, 1}});
  check_both_orders("gather", [&](const auto& in) { return tg::gather(in[0], 0, index) * in[1]; },
                    {samples({2, 3}, 8), samples({2, 3}, 9)});
  check_both_orders("index_add",
                    [&](const auto& in) { return tg::index_add(in[0], 0, rows, in[1]) * in[0]; },
                    {samples({3, 2}, 10), samples({4, 2}, 11)});
  check_both_orders("scatter_add",
                    [&](const auto& in) { return tg::scatter_add(in[0], 0, index, in[1]) * in[0]; },
                    {samples({2, 3}, 12), samples({2, 3}, 13)});
}

TEST_CASE("an index smaller than its tensors: gradients keep the tensors' shapes") {
  const Tensor index = tg::tensor({{1, 0}});
  const auto scatter = [&](const std::vector<Tensor>& in) {
    return tg::scatter_add(in[0], 0, index, in[1]) * in[0];
  };
  check_both_orders("scatter_add", scatter, {samples({2, 3}, 14), samples({2, 3}, 15)});
  check_both_orders("gather", [&](const auto& in) { return tg::gather(in[0], 1, index); },
                    {samples({2, 3}, 16)});
}

TEST_CASE("permutations of three and more dimensions are undone, not repeated") {
  const Tensor x = samples({2, 3, 4}, 17);
  for (const tg::Dims& order : {tg::Dims{1, 2, 0}, tg::Dims{2, 0, 1}, tg::Dims{0, 2, 1}})
    check_both_orders("permute",
                      [&](const auto& in) {
                        const Tensor y = tg::permute(in[0], order);
                        return y * y;
                      },
                      {x});
}

TEST_CASE("each argument of layer_norm and linear has its own gradient") {
  check_both_orders("layer_norm",
                    [](const auto& in) { return tg::layer_norm(in[0], {3}, in[1], in[2]); },
                    {samples({2, 3}, 40), samples({3}, 41), samples({3}, 42)});
  check_both_orders("layer_norm over two",
                    [](const auto& in) {
                      return tg::layer_norm(in[0], {2, 2}, in[1], in[2]);
                    },
                    {samples({2, 2, 2}, 43), samples({2, 2}, 44), samples({2, 2}, 45)});
  check_both_orders("layer_norm, no bias",
                    [](const auto& in) { return tg::layer_norm(in[0], {3}, in[1]); },
                    {samples({2, 3}, 46), samples({3}, 47)});
  check_both_orders("linear", [](const auto& in) { return tg::linear(in[0], in[1], in[2]); },
                    {samples({2, 3}, 48), samples({4, 3}, 49), samples({4}, 50)});
  check_both_orders("linear of a batch",
                    [](const auto& in) { return tg::linear(in[0], in[1], in[2]); },
                    {samples({2, 1, 3}, 51), samples({2, 3}, 52), samples({2}, 53)});
  check_both_orders("linear of a vector", [](const auto& in) { return tg::linear(in[0], in[1]); },
                    {samples({3}, 54), samples({2, 3}, 55)});
}

TEST_CASE("softplus is continuous to rounding at its threshold") {
  const Tensor x = leaf({20 - 1e-9, 20, 20 + 1e-9}, {3});
  const Tensor y = tg::softplus(x);
  const Tensor g = tg::grad(y.sum(), x);
  for (int i = 0; i < 3; ++i) {
    CHECK(y.at<double>({i}) == Approx(20).epsilon(2e-9));
    CHECK(g.at<double>({i}) == Approx(1).epsilon(3e-9));
  }
}

TEST_CASE("second derivatives far out are 0, not NaN") {
  const Tensor x = leaf({1000, -1000}, {2});
  const std::vector<std::function<Tensor(const Tensor&)>> functions{
      tg::tanh,
      tg::sigmoid,
      tg::logsigmoid,
      tg::gelu,
      tg::silu,
      tg::erf,
      [](const Tensor& t) { return tg::softplus(t); },
      [](const Tensor& t) { return tg::elu(t); }};
  for (std::size_t i = 0; i < functions.size(); ++i) {
    CAPTURE(i);
    check_values("second", second_derivative(functions[i], x), {0, 0});
  }
}

TEST_CASE("dropout: the gradient has the mask of the value") {
  tg::manual_seed(3);
  const Tensor x = leaf(std::vector<double>(200, 1.0), {200});
  const Tensor y = tg::dropout(x, 0.25);
  const Tensor g = tg::grad(y.sum(), x);
  CHECK(tg::equal(y, g));
  CHECK(y.sum().item() != 200);
  CHECK(tg::all((y == 0) | (tg::abs(y - 4.0 / 3) < 1e-12)).item<bool>());
}

TEST_CASE("a program that branches is recorded as it ran, each time") {
  const auto f = [](const Tensor& x) { return x.item() > 0 ? x * x : -3 * x; };
  for (const double value : {2.0, -2.0, 5.0}) {
    const Tensor x = leaf({value}, {});
    f(x).backward();
    CHECK(x.grad().item() == (value > 0 ? 2 * value : -3));
  }
}

TEST_CASE("nested gradients do not confuse their variables") {
  // d/dx [x * d/dy (x + y) at y = x] = 1, not 2.
  const Tensor x = leaf({5}, {});
  for (const bool copy_is_recorded : {true, false}) {
    const Tensor y = copy_is_recorded ? x.clone() : x.detach().clone().requires_grad_();
    const Tensor inner = tg::grad(x + y, y, {.create_graph = true});
    CHECK(inner.item() == 1);
    CHECK(tg::grad(x * inner, x).item() == 1);
  }
}

TEST_CASE("a gradient that was converted under its tensor is not added to") {
  const tg::Tensor w = tg::ones({4}).requires_grad_();
  tg::sum(w * w).backward();
  tg::Tensor g = w.grad();
  g.to_(tg::float64);
  CHECK_THROWS_AS(tg::sum(w * w).backward(), tg::DTypeError);
  tg::Tensor v = tg::ones({}, tg::float64).requires_grad_();
  v.set_grad(0.5);
  CHECK(v.grad().dtype() == tg::float64);
  CHECK_THROWS_AS(v.mutable_grad() += tg::tensor({1.0f}), tg::ShapeError);
  v.mutable_grad() += tg::tensor(1.0f);
  (v * v).backward();
  CHECK(v.grad().item() == 3.5);
}

TEST_CASE("allow_unused does not hide a forgotten create_graph") {
  const tg::Tensor x = tg::ones({2}).requires_grad_();
  const tg::Tensor g = tg::grad(tg::sum(x * x * x), x);
  CHECK_THROWS_AS(tg::grad(tg::sum(g), x, {.allow_unused = true}), tg::GradError);
}

TEST_CASE("whole powers of integers by a decimal exponent do not overflow") {
  CHECK(tg::pow(tg::tensor({5000000000}), 2.0).dtype() == tg::float32);
  const tg::Tensor n = 5000000000;
  CHECK(tg::pow(n, 2.0).item() == 2.5e19);
  CHECK(tg::pow(tg::tensor({3}), 2).dtype() == tg::int64);
}

TEST_CASE("a row whose class has weight 0 may hold anything") {
  const tg::Tensor x =
      tg::tensor({{point_gradients::inf, 0.0, 1.0}, {1.0, 2.0, 3.0}}, tg::float64).requires_grad_();
  tg::cross_entropy(x, tg::tensor({1, 2}), {.weight = tg::tensor({1.0, 0.0, 2.0}, tg::float64)})
      .backward();
  CHECK(tg::all(tg::isfinite(x.grad())).item<bool>());
}

TEST_CASE("unsigned numbers that int64 cannot hold are errors") {
  const auto large = static_cast<std::uint64_t>(-1);
  CHECK_THROWS_AS(tg::Tensor(large), tg::ValueError);
  CHECK_THROWS_AS(tg::tensor(large), tg::ValueError);
  CHECK_THROWS_AS(tg::tensor(std::vector<std::uint64_t>{1, large}), tg::ValueError);
  CHECK(tg::tensor(std::uint64_t{7}).item() == 7);
}
