// How the engine behaves where libraries disagree: types, shapes and storage of gradients, graphs
// used twice, values changed in place. C++ numbers are in numbers_test, threads that meet in one
// trunk in walk_threads_test, rows that are written twice in subscript_test, and what does not
// compile in tests/refused.

#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("integers and truth values have no gradients") {
  Tensor integers = tg::tensor({1, 2});
  Tensor truths = tg::tensor({true, false});
  CHECK_THROWS_AS(integers.requires_grad_(), tg::DTypeError);
  CHECK_THROWS_WITH(integers.requires_grad_(),
                    ContainsSubstring("float32 and float64") && ContainsSubstring("int64"));
  CHECK_THROWS_WITH(truths.requires_grad_(), ContainsSubstring("bool"));
  CHECK_FALSE(integers.requires_grad());
}

TEST_CASE("types meet as in PyTorch") {
  const Tensor f32 = tg::ones({2}), f64 = tg::ones({2}, tg::float64);
  const Tensor i64 = tg::ones({2}, tg::int64), truth = tg::ones({2}, tg::boolean);
  CHECK((f32 + f64).dtype() == tg::float64);
  CHECK((f32 + i64).dtype() == tg::float32);
  CHECK((i64 + truth).dtype() == tg::int64);
  CHECK((f32 + tg::tensor(1.0, tg::float64)).dtype() == tg::float32);
  CHECK((f64 + tg::tensor(1.0, tg::float32)).dtype() == tg::float64);
  CHECK((i64 + tg::tensor(1.0, tg::float32)).dtype() == tg::float32);
  CHECK((f32 + 2.5).dtype() == tg::float32);
  CHECK((i64 + 1).dtype() == tg::int64);
  CHECK((i64 + 1.5).dtype() == tg::float32);
  CHECK((truth + 1).dtype() == tg::int64);
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

TEST_CASE("integers sum to int64, have no mean, and divide to float32") {
  const Tensor integers = tg::tensor({7, 2});
  CHECK(integers.sum().dtype() == tg::int64);
  CHECK(tg::tensor({true, true}).sum().dtype() == tg::int64);
  CHECK(tg::tensor({true, true}).sum().item<int>() == 2);
  CHECK_THROWS_AS(integers.mean(), tg::DTypeError);
  CHECK_THROWS_WITH(integers.mean(), ContainsSubstring("mean") && ContainsSubstring("int64"));
  const Tensor ratio = integers / tg::tensor({2, 4});
  CHECK(ratio.dtype() == tg::float32);
  check_values("7 / 2", ratio, {3.5, 0.5});
}

TEST_CASE("matmul of two element types is an error that names both") {
  const Tensor a = tg::ones({2, 2}), b = tg::ones({2, 2}, tg::float64);
  CHECK_THROWS_AS(tg::matmul(a, b), tg::DTypeError);
  CHECK_THROWS_WITH(tg::matmul(a, b), ContainsSubstring("matmul") && ContainsSubstring("float32") &&
                                          ContainsSubstring("float64"));
}

TEST_CASE("the gradients of a and b in a + b have storage of their own") {
  const Tensor a = tg::ones({3}).requires_grad_();
  const Tensor b = tg::ones({3}).requires_grad_();
  (a + b).backward(tg::ones({3}));
  CHECK_FALSE(a.grad().is_same(b.grad()));
  CHECK(a.grad().data<float>().data() != b.grad().data<float>().data());
  a.mutable_grad().mul_(10);
  check_values("b", b.grad(), {1, 1, 1});

  const Tensor seed = tg::ones({3});
  (a - 0.0f).backward(seed);
  a.mutable_grad().mul_(10);
  check_values("the seed", seed, {1, 1, 1});
}

TEST_CASE("gradients that grad() returns share no storage, with each other or with the seed") {
  const Tensor a = tg::ones({3}).requires_grad_();
  const Tensor b = tg::ones({3}).requires_grad_();
  const Tensor seed = tg::ones({3});
  std::vector<Tensor> found = tg::grad({a + b}, {a, b}, {.grad_outputs = {seed}});
  found[0].mul_(10);
  check_values("gradient of b", found[1], {1, 1, 1});
  check_values("the seed", seed, {1, 1, 1});
}

TEST_CASE("a second backward through a graph is an error, also where nothing was saved") {
  const Tensor x = tg::ones({2}).requires_grad_();
  const Tensor nothing_saved = (x + 1).sum();
  nothing_saved.backward();
  CHECK_THROWS_AS(nothing_saved.backward(), tg::GradError);
  CHECK_THROWS_WITH(nothing_saved.backward(), ContainsSubstring("retain_graph = true") &&
                                                  ContainsSubstring("'sum' (output [])"));
  check_values("gradient", x.grad(), {1, 1});
  const Tensor y = x * x;
  y.sum().backward();
  CHECK_THROWS_WITH(y.sum().backward(), ContainsSubstring("retain_graph = true") &&
                                            ContainsSubstring("'mul' (output [2])"));
}

TEST_CASE("backward of several elements needs a gradient") {
  const Tensor x = tg::ones({2, 3}).requires_grad_();
  CHECK_THROWS_AS((x * 2).backward(), tg::GradError);
  CHECK_THROWS_WITH((x * 2).backward(),
                    ContainsSubstring("one element") && ContainsSubstring("[2, 3]"));
  CHECK_THROWS_AS(tg::grad(x * 2, x), tg::GradError);
  CHECK_THROWS_AS((x * 2).backward(tg::ones({3})), tg::ShapeError);
  CHECK_THROWS_AS((x * 2).backward(tg::ones({2, 3}, tg::float64)), tg::DTypeError);
  CHECK_FALSE(x.grad().defined());
  CHECK_NOTHROW((x * 2).sum({}, true).backward());
}

TEST_CASE("a value that was saved and then changed in place is an error that names what read it") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  Tensor y = tg::exp(x);
  const Tensor z = (y * tg::ones({3, 2})).sum();
  y.add_(1);
  CHECK_THROWS_AS(z.backward(), tg::GradError);
  Tensor w = tg::tanh(x);
  const Tensor loss = w.sum();
  w.add_(1);
  CHECK_THROWS_WITH(loss.backward(), ContainsSubstring("'tanh'") && ContainsSubstring("[2]") &&
                                         ContainsSubstring("changed in place") &&
                                         ContainsSubstring("by 'add_'"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a leaf that requires gradients cannot be changed in place while recording") {
  Tensor x = tg::ones({2}).requires_grad_();
  CHECK_THROWS_AS(x.add_(1), tg::GradError);
  CHECK_THROWS_WITH(x.mul_(2), ContainsSubstring("mul_") && ContainsSubstring("leaf") &&
                                   ContainsSubstring("[2]") && ContainsSubstring("NoGrad"));
  CHECK_THROWS_AS(x.zero_(), tg::GradError);
  CHECK_THROWS_AS(x.copy_(tg::zeros({2})), tg::GradError);
  CHECK_THROWS_AS(x.fill_(3), tg::GradError);
  CHECK_THROWS_AS(x.clamp_(0, 0), tg::GradError);
  CHECK_THROWS_AS(x.write<float>([](auto) {}), tg::GradError);
  CHECK(x.version() == 0);
  check_values("x", x, {1, 1});
  const tg::NoGrad no_grad;
  x.add_(1);
  CHECK(x.version() == 1);
  check_values("x", x, {2, 2});
}

TEST_CASE("there is no way around the version: every change of shared data counts") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  const std::vector<std::function<void(Tensor)>> changes{
      [](Tensor t) {
        Tensor same = t.detach();
        same.add_(1);
      },
      [](Tensor t) {
        Tensor same = t.detach();
        same.write<float>([](auto elements) { elements[0] = 7; });
      },
      [](Tensor t) {
        Tensor column = t.detach().reshape({2, 1});
        column.zero_();
      },
      [](Tensor t) {
        Tensor first = t.detach().narrow(0, 0, 1);
        first.fill_(3);
      },
      [](Tensor t) {
        const tg::NoGrad no_grad;
        t.mul_(2);
      },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    const Tensor y = x * 2;
    const Tensor loss = (y * y).sum();
    changes[i](y);
    CHECK_THROWS_AS(loss.backward(), tg::GradError);
  }
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("expanding to no elements has gradient 0 of the input's shape") {
  check_at("expand", [](const std::vector<Tensor>& in) { return tg::expand(in[0], {0}); },
           {Input({3}, {0})}, {});
  check_at("expand",
           [](const std::vector<Tensor>& in) {
             return tg::expand(in[0], {2, 0, 3});
           },
           {Input({1, 2, 3}, {1, 3}, {0, 0, 0})}, {});
  check_at("broadcast",
           [](const std::vector<Tensor>& in) {
             return in[0] * tg::ones({0, 2});
           },
           {Input({1, 2}, {0, 0})}, {});
}

TEST_CASE(
    "products with an empty dimension have gradient 0 of their inputs' shapes, at any order") {
  const auto product = [](const std::vector<Tensor>& in) { return tg::matmul(in[0], in[1]); };
  const std::pair<tg::Shape, tg::Shape> shapes[] = {
      {{2, 3, 0}, {0, 4}}, {{2, 1, 3}, {3, 0}}, {{0, 3}, {3, 4}}, {{2, 0}, {0, 4}}};
  for (const auto& [a, b] : shapes) {
    CAPTURE(tg::to_string(a), tg::to_string(b));
    const Tensor x = tg::ones(a).requires_grad_(), y = tg::ones(b).requires_grad_();
    for (const bool create_graph : {false, true}) {
      const auto grads = tg::grad({product({x, y}).sum()}, {x, y}, {.create_graph = create_graph});
      CHECK(grads[0].shape() == a);
      CHECK(grads[1].shape() == b);
      CHECK(tg::sum(grads[0]).item() == 0);
      CHECK(tg::sum(grads[1]).item() == 0);
    }
  }
  const Tensor x = tg::ones({2, 3}).requires_grad_(), weight = tg::ones({0, 3}).requires_grad_();
  for (const bool create_graph : {false, true}) {
    const auto grads =
        tg::grad({tg::linear(x, weight).sum()}, {x, weight}, {.create_graph = create_graph});
    CHECK(grads[0].shape() == tg::Shape{2, 3});
    CHECK(grads[1].shape() == tg::Shape{0, 3});
  }
}

TEST_CASE("operators on no elements have gradients of no elements") {
  const std::vector<std::function<Tensor(const Tensor&)>> functions{
      [](const Tensor& x) { return tg::tanh(x); },
      [](const Tensor& x) { return x * x; },
      [](const Tensor& x) {
        return tg::matmul(x, tg::ones({3, 2}).to(x.dtype()));
      },
      [](const Tensor& x) {
        return tg::linear(x, tg::ones({2, 3}).to(x.dtype()));
      },
      [](const Tensor& x) { return tg::softmax(x, 1); },
      [](const Tensor& x) { return tg::log_softmax(x, 0); },
      [](const Tensor& x) { return tg::layer_norm(x, {3}); },
      [](const Tensor& x) {
        return tg::cat({x, x}, 1);
      },
      [](const Tensor& x) { return tg::transpose(x, 0, 1); },
      [](const Tensor& x) {
        return tg::index_select(x, 1, tg::tensor({0, 0}));
      },
      [](const Tensor& x) { return tg::select(x, 1, 2); },
      [](const Tensor& x) { return tg::clamp(x, 0, 1); },
      [](const Tensor& x) { return tg::where(x > 0, x, -x); },
  };
  for (std::size_t i = 0; i < functions.size(); ++i) {
    CAPTURE(i);
    const Tensor x = tg::zeros({0, 3}, tg::float64).requires_grad_();
    functions[i](x).sum().backward();
    CHECK(x.grad().shape() == tg::Shape{0, 3});
  }
}
