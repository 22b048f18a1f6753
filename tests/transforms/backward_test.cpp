// What can be asked of the tape: gradients of leaves and of intermediate tensors, once or
// repeatedly, of any order, with operators of the user's own.

#include <stdexcept>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

namespace {

/// a * b, and what its rules were asked for.
struct CountedProduct {
  static constexpr const char* name = "counted_product";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kB, tg::kA};
  int* calls_a;
  int* calls_b;
  Tensor forward(const Tensor& a, const Tensor& b) const { return a * b; }
  Tensor vjp_a(const Tensor& g, auto, const Tensor& b, auto) const {
    ++*calls_a;
    return g * b;
  }
  Tensor vjp_b(const Tensor& g, const Tensor& a, auto, auto) const {
    ++*calls_b;
    return g * a;
  }
};

}  // namespace

TEST_CASE("backward adds to the gradients of the leaves, again and again") {
  const Tensor x = leaf({1, 2});
  const Tensor w = leaf({3, 4});
  (x * w).sum().backward();
  check_values("x", x.grad(), {3, 4});
  check_values("w", w.grad(), {1, 2});
  (x * x).sum().backward();
  check_values("x", x.grad(), {5, 8});
  Tensor again = x;
  again.zero_grad();
  CHECK_FALSE(x.grad().defined());
  (x * 2).backward(tg::tensor({10.0, 0.5}, tg::float64));
  check_values("x", x.grad(), {20, 1});
}

TEST_CASE("retain_graph: a graph can be walked twice") {
  const Tensor x = leaf({1, 2});
  const Tensor y = (x * x * x).sum();
  y.backward({.retain_graph = true});
  y.backward({.retain_graph = true});
  check_values("x", x.grad(), {6, 24});
  y.backward();
  CHECK_THROWS_AS(y.backward(), tg::GradError);
  check_values("x", x.grad(), {9, 36});
}

TEST_CASE("a part of a graph that another backward released is an error that names it") {
  const Tensor x = leaf({1, 2});
  const Tensor shared = tg::tanh(x);
  const Tensor a = shared.sum();
  const Tensor b = (shared * 2).sum();
  a.backward();
  const std::vector<double> before = values_of(x.grad());
  CHECK_THROWS_WITH(b.backward(),
                    ContainsSubstring("backward: the graph of 'tanh' (output [2]) was released"));
  check_values("x", x.grad(), before);
  CHECK_THROWS_WITH(tg::grad(b, x), ContainsSubstring("'tanh' (output [2]) was released"));
}

TEST_CASE("create_graph: tanh to fifth order") {
  const double at = 0.3;
  const double t = std::tanh(at);
  const double s = 1 - t * t;
  const double expected[] = {s, -2 * t * s, s * (6 * t * t - 2), s * t * (16 - 24 * t * t),
                             s * (16 - 120 * t * t + 120 * t * t * t * t)};
  for (const auto& f : {std::function<Tensor(const Tensor&)>(tg::tanh),
                        std::function<Tensor(const Tensor&)>(
                            [](const Tensor& x) { return 1 - 2 / (tg::exp(2 * x) + 1); })}) {
    const Tensor x = leaf({at});
    Tensor y = f(x);
    for (const double derivative : expected) {
      y = tg::grad(y.sum(), x, {.create_graph = true});
      CHECK(y.item() == Approx(derivative).epsilon(1e-12));
    }
  }
}

TEST_CASE("create_graph: a gradient penalty") {
  const Tensor x = leaf({1, 2});
  const Tensor w = leaf({3, 5});
  const Tensor slope = tg::grad((x * x * w).sum(), x, {.create_graph = true});  // 2 x w
  (slope * slope).sum().backward();                                             // 4 x^2 w^2
  check_values("w", w.grad(), {8 * 3, 8 * 4 * 5});
  check_values("x", x.grad(), {8 * 9, 8 * 2 * 25});
}

TEST_CASE("backward with create_graph records the gradients that it leaves") {
  Tensor x = leaf({2});
  (x * x * x).sum().backward({.create_graph = true});
  CHECK(x.grad().requires_grad());
  const Tensor second = tg::grad(x.grad().sum(), x);
  check_values("6 x", second, {12});
  x.zero_grad();  // the gradient's graph holds x
}

TEST_CASE("grad: leaves and intermediate tensors, and no grad() is touched") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 3;
  const Tensor z = (y * y).sum();
  const auto found = tg::grad({z}, {y, x, z});
  check_values("y", found[0], {6, 12});
  check_values("x", found[1], {18, 36});
  check_values("z", found[2], {1});
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("grad: an output that is a leaf has gradient 1 for itself") {
  const Tensor x = leaf({4});
  check_values("x", tg::grad(x, x), {1});
}

TEST_CASE("grad: several outputs add up, weighted") {
  const Tensor x = leaf({1, 2});
  const Tensor a = x * x, b = x * 10;
  const auto seed = tg::tensor({1.0, 1.0}, tg::float64);
  const auto found = tg::grad({a, b}, {x}, {.grad_outputs = {seed, seed * 2}});
  check_values("x", found[0], {22, 24});
  CHECK_THROWS_AS(tg::grad({a, b}, {x}, {.grad_outputs = {seed}}), tg::GradError);
}

TEST_CASE("grad: an output that another one is computed from") {
  const Tensor x = leaf({2});
  const Tensor y = x * x;
  const Tensor z = y * y;
  const tg::GradOptions keep{.retain_graph = true};
  check_values("x", tg::grad({y, z}, {x}, keep)[0], {4 + 32});
  check_values("y", tg::grad({y, z}, {y}, keep)[0], {1 + 8});
  check_values("twice", tg::grad({y, y}, {x}, keep)[0], {8});
}

TEST_CASE("grad: a released graph is an error, never a gradient of 0 or none") {
  const Tensor x = leaf({2});
  const Tensor y = x * x;
  const Tensor z = y * y;
  z.backward();
  for (const bool allow_unused : {false, true}) {
    const tg::GradOptions options{.allow_unused = allow_unused};
    CHECK_THROWS_WITH(tg::grad({z}, {x}, options), ContainsSubstring("retain_graph = true"));
    CHECK_THROWS_WITH(tg::grad({y, z}, {y}, options), ContainsSubstring("retain_graph = true"));
  }
  check_values("what follows", tg::grad(y * 3, y), {3});
}

TEST_CASE("grad: an input asked for twice is answered twice") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 2;
  const auto found = tg::grad({(y * x).sum()}, {x, x, y, x, y});
  for (const int i : {0, 1, 3}) check_values("x", found[static_cast<std::size_t>(i)], {4, 8});
  for (const int i : {2, 4}) check_values("y", found[static_cast<std::size_t>(i)], {1, 2});
}

TEST_CASE("grad: an unused input is an error, or has zeros if that is allowed") {
  const Tensor x = leaf({1}), other = leaf({1, 2});
  CHECK_THROWS_WITH(tg::grad({x * 2}, {x, other}),
                    ContainsSubstring("do not depend on input 1 of shape [2]") &&
                        ContainsSubstring("allow_unused = true"));
  const auto found = tg::grad({x * 2}, {x, other}, {.allow_unused = true});
  check_values("x", found[0], {2});
  check_values("other", found[1], {0, 0});
}

TEST_CASE("grad: what does not require gradients is an error, as output and as input") {
  const Tensor x = leaf({1});
  const Tensor constant = tg::ones({1}, tg::float64);
  CHECK_THROWS_WITH(tg::grad(constant, x), ContainsSubstring("does not require gradients"));
  CHECK_THROWS_WITH(tg::grad(x * 2, constant),
                    ContainsSubstring("input 0 of shape [1] does not require gradients"));
  CHECK_THROWS_WITH(constant.backward(), ContainsSubstring("backward: the tensor of shape [1]"));
  CHECK_THROWS_AS(tg::grad(Tensor(), x), tg::ValueError);
  CHECK_THROWS_AS(tg::grad(x * 2, Tensor()), tg::ValueError);
  CHECK_THROWS_AS(Tensor().backward(), tg::ValueError);
}

TEST_CASE("grad computes only what lies between inputs and outputs") {
  const Tensor a = leaf({2}), b = leaf({3});
  int calls_a = 0, calls_b = 0;
  const Tensor y = tg::apply(CountedProduct{&calls_a, &calls_b}, a, b);
  tg::grad(y, a);
  CHECK(calls_a == 1);
  CHECK(calls_b == 0);
  const Tensor constant = tg::ones({1}, tg::float64);
  tg::apply(CountedProduct{&calls_a, &calls_b}, a, constant).backward();
  CHECK(calls_a == 2);
  CHECK(calls_b == 0);
}

TEST_CASE("NoGrad and EnableGrad nest, and what is computed without recording has no history") {
  const Tensor x = leaf({1});
  CHECK(tg::grad_enabled());
  {
    const tg::NoGrad no_grad;
    CHECK_FALSE(tg::grad_enabled());
    CHECK_FALSE((x * 2).requires_grad());
    {
      const tg::EnableGrad enable;
      CHECK((x * 2).requires_grad());
    }
    CHECK_FALSE(tg::grad_enabled());
  }
  CHECK(tg::grad_enabled());
  CHECK_FALSE((tg::ones({1}) * 2).requires_grad());
}

TEST_CASE("backward works inside NoGrad, and rules are not recorded unless asked") {
  const Tensor x = leaf({3});
  const Tensor y = x * x;
  {
    const tg::NoGrad no_grad;
    y.backward({.retain_graph = true});
    CHECK_FALSE(tg::grad_enabled());
    const Tensor g = tg::grad(y, x, {.create_graph = true});
    CHECK(g.requires_grad());
    CHECK_FALSE(tg::grad_enabled());
  }
  CHECK_FALSE(x.grad().requires_grad());
}

TEST_CASE("detach cuts the history and shares the data") {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * x;
  CHECK_FALSE(y.detach().requires_grad());
  CHECK(y.detach().data<double>().data() == y.data<double>().data());
  (y.detach() * x).sum().backward();
  check_values("x", x.grad(), {1, 4});
}

TEST_CASE("clone and to(dtype) hand gradients on") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  (x.clone() * 3).sum().backward();
  check_values("x", x.grad(), {3, 3});
  const Tensor wide = x.to(tg::float64);
  (wide * 2).sum().backward();
  check_values("x", x.grad(), {5, 5});
  CHECK(x.grad().dtype() == tg::float32);
}

TEST_CASE("retain_grad keeps the gradient of an intermediate tensor") {
  const Tensor x = leaf({1, 2});
  Tensor y = x * 3;
  y.retain_grad();
  const Tensor z = (y * y).sum();
  z.backward({.retain_graph = true});
  check_values("y", y.grad(), {6, 12});
  z.backward();
  check_values("y", y.grad(), {12, 24});
  const Tensor other = x * 3;
  (other * 2).sum().backward();
  CHECK_FALSE(other.grad().defined());
}

TEST_CASE("a change in place is a record of its own") {
  const Tensor x = leaf({1, 2});
  const Tensor w = leaf({3, 4});
  Tensor y = x * 2;
  y.add_(w);
  y.sub_(x, 3);
  y.mul_(5);
  check_values("y", y, {5 * (2 + 3 - 3), 5 * (4 + 4 - 6)});
  y.sum().backward();
  check_values("x", x.grad(), {-5, -5});
  check_values("w", w.grad(), {5, 5});
}

TEST_CASE("a change in place of what no rule reads is no error") {
  const Tensor x = leaf({1, 2});
  Tensor y = x + 1;
  const Tensor z = (y + 3).sum();
  y.mul_(2);
  z.backward({.retain_graph = true});
  check_values("x", x.grad(), {1, 1});
  y.sum().backward();
  check_values("x", x.grad(), {3, 3});
}

TEST_CASE("an error in backward leaves every gradient as it was") {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  (x * w).sum().backward();
  Tensor y = tg::exp(x);
  const Tensor z = (y * w).sum();
  y.mul_(2);
  CHECK_THROWS_AS(z.backward(), tg::GradError);
  check_values("x", x.grad(), {3, 4});
  check_values("w", w.grad(), {1, 2});
}

TEST_CASE("gradients of tensors that share data") {
  const Tensor x = leaf({1, 2, 3, 4});
  const Tensor matrix = tg::reshape(x, {2, 2});
  const Tensor row = matrix[1];
  (row * row).sum().backward();
  check_values("x", x.grad(), {0, 0, 6, 8});
}

TEST_CASE("set_grad replaces the gradient and checks it") {
  Tensor x = leaf({1, 2});
  x.set_grad(tg::tensor({5.0, 6.0}, tg::float64));
  (x * 2).sum().backward();
  check_values("x", x.grad(), {7, 8});
  CHECK_THROWS_AS(x.set_grad(tg::ones({3}, tg::float64)), tg::ShapeError);
  CHECK_THROWS_AS(x.set_grad(tg::ones({2})), tg::DTypeError);
  x.set_grad({});
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("grad releases only what it walked") {
  const Tensor x = leaf({1, 2});
  const Tensor h = x * x;
  const Tensor g = tg::grad((h * h).sum(), h);
  h.backward(g);
  check_values("x", x.grad(), {4, 32});
}

TEST_CASE("leaves that share a gradient get buffers of their own") {
  const Tensor x = leaf({1, 2}), y = leaf({3, 4});
  const Tensor seed = tg::tensor({5.0, 6.0}, tg::float64);
  (x + y).backward(seed);
  x.mutable_grad().write<double>([](std::span<double> values) { values[0] = 100; });
  check_values("y", y.grad(), {5, 6});
  check_values("seed", seed, {5, 6});
  (x + y).backward(seed);
  check_values("x", x.grad(), {105, 12});
  check_values("y", y.grad(), {10, 12});
}

TEST_CASE("retain_grad goes with a change in place") {
  for (const bool again : {false, true}) {
    const Tensor x = leaf({1, 2});
    Tensor w = x * 2;
    w.retain_grad();
    w.mul_(3);
    if (again) w.retain_grad();
    (w * 5).sum().backward();
    check_values("w", w.grad(), {5, 5});
    check_values("x", x.grad(), {30, 30});
  }
}

TEST_CASE("a recorded tensor may be changed in place by itself") {
  const Tensor x = leaf({2, 3});
  Tensor w = x * 1;
  w.mul_(w);
  w.sum().backward();
  check_values("x", x.grad(), {4, 6});
}

TEST_CASE("the gradient through an empty broadcast is that of an empty sum") {
  const Tensor x = leaf({2});
  tg::mean(x + tg::zeros({0}, tg::float64)).backward();
  check_values("x", x.grad(), {0});
}

TEST_CASE("clamp_ of a recorded tensor has the gradient of clamp") {
  const Tensor x = leaf({-1, 0.25, 2}), low = leaf({0, 0, 0});
  Tensor h = x * 2;
  h.clamp_(0, 0.9);
  h.sum().backward();
  check_values("x", x.grad(), {0, 2, 0});
  Tensor k = x * 2;
  k.clamp_(low, 9);
  check_values("low", tg::grad(k.sum(), low), {1, 0, 0});
  Tensor constant = tg::tensor({-1.0, 1.0, 3.0}, tg::float64);
  constant.clamp_(low, 9);
  check_values("low", tg::grad(constant.sum(), low), {1, 0, 0});
}

TEST_CASE("a recorded tensor that is overwritten stays on the tape, with gradient 0 behind it") {
  const Tensor x = leaf({1, 2}), w = leaf({3, 4});
  const auto gradients = [&](auto change) {
    Tensor h = x * 2;
    h.retain_grad();
    change(h);
    CHECK(h.requires_grad());
    for (const Tensor& each : {x, w}) Tensor(each).zero_grad();
    (h * h).sum().backward();
    check_values("x", x.grad(), {0, 0});
    return h;
  };
  check_values("zero_", gradients([](Tensor& h) { h.zero_(); }).grad(), {0, 0});
  check_values("fill_", gradients([](Tensor& h) { h.fill_(3); }).grad(), {6, 6});
  CHECK_FALSE(w.grad().defined());
  const Tensor copied = gradients([&](Tensor& h) { h.copy_(w); });
  check_values("copy_", copied, {3, 4});
  check_values("copy_", copied.grad(), {6, 8});
  check_values("w", w.grad(), {6, 8});
  gradients([&](Tensor& h) { h.fill_(w[1]); });
  check_values("w", w.grad(), {0, 16});
}
