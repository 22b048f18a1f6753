// What the tape costs: long chains without recursion, shared nodes once, and nothing kept that is
// not needed any more.

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

namespace {

// Made before main and destroyed after it, when this thread's caches are gone.
Tensor made_before_main = tg::ones({3}).requires_grad_();
Tensor graph_before_main = tg::tanh(made_before_main * 2).sum();

struct Step {
  Tensor weight = leaf({0.5, -0.25, 0.125, 1}).reshape({2, 2}).detach().requires_grad_();
  Tensor bias = leaf({0, 0});
  Tensor x = tg::tensor({{1.0, 2.0}, {-1.0, 0.5}, {0.25, 3.0}}, tg::float64);

  Tensor loss() const { return tg::square(tg::tanh(tg::linear(x, weight, bias))).mean(); }
  void train() {
    loss().backward();
    const tg::NoGrad no_grad;
    for (Tensor* parameter : {&weight, &bias}) {
      parameter->sub_(0.01 * parameter->grad());
      parameter->zero_grad();
    }
  }
};

}  // namespace

TEST_CASE("tensors and graphs may live before main and after it") {
  CHECK(graph_before_main.requires_grad());
  const Tensor g = tg::grad({graph_before_main}, {made_before_main}, {.retain_graph = true})[0];
  CHECK(g.at<float>({0}) == Approx(2 * (1 - std::tanh(2.0) * std::tanh(2.0))));
}

TEST_CASE("a chain of a million operators runs forward, backward, and is freed") {
  const Tensor x = leaf({1});
  const std::int64_t before = tg::live_records();
  {
    Tensor y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y + 1;
    CHECK(y.item() == 1'000'001);
    CHECK(tg::live_records() - before == 1'000'000);
    y.backward({.retain_graph = true});
    check_values("x", x.grad(), {1});
  }
  CHECK(tg::live_records() == before);
}

TEST_CASE("a long chain of saved values is walked, recorded, and freed unwalked") {
  const Tensor x = leaf({0.5});
  const std::int64_t before = tg::live_records();
  for (const bool create_graph : {false, true}) {
    Tensor y = x;
    for (int i = 0; i < 100'000; ++i) y = tg::sin(y) + 0.01 * y;
    const Tensor g = tg::grad(y, x, {.create_graph = create_graph});
    CHECK(std::isfinite(g.item()));
  }
  {
    Tensor y = x;
    for (int i = 0; i < 100'000; ++i) y = tg::tanh(y);
  }
  CHECK(tg::live_records() == before);
}

TEST_CASE("a ladder of 60 shared nodes takes linear time") {
  const Tensor x = leaf({1});
  Tensor sum = x, product = x, diamond = x;
  for (int i = 0; i < 60; ++i) {
    sum = sum + sum;
    product = product * product;
    diamond = diamond * 0.5 + tg::sin(diamond) * 0 + diamond * 0.5;
  }
  CHECK(sum.item() == std::ldexp(1.0, 60));
  check_values("2^60", tg::grad(sum, x), {std::ldexp(1.0, 60)});
  check_values("2^60 x", tg::grad(product, x), {std::ldexp(1.0, 60)});
  check_values("1", tg::grad(diamond, x, {.retain_graph = true}), {1});
  diamond.backward();
  check_values("1", x.grad(), {1});
}

TEST_CASE("backward releases the graph, also while its result lives") {
  const Tensor x = leaf({1, 2});
  const std::int64_t tensors = tg::live_tensors();
  const std::int64_t records = tg::live_records();
  const Tensor y = tg::exp(tg::exp(x)).sum();
  CHECK(tg::live_tensors() > tensors + 1);
  CHECK(tg::live_records() == records + 3);
  y.backward();
  CHECK(tg::live_tensors() == tensors + 2);  // y and the gradient of x
  CHECK(tg::live_records() == records + 1);  // that of y, which says that it was released
}

TEST_CASE("a loop that keeps only the last loss keeps one graph") {
  const Step model;
  const std::int64_t before = tg::live_records();
  Tensor loss = model.loss();
  const std::int64_t one_graph = tg::live_records() - before;
  for (int i = 0; i < 1000; ++i) {
    loss = model.loss();
    CHECK(tg::live_records() - before == one_graph);
  }
}

TEST_CASE("a loop that never calls backward keeps nothing") {
  const Step model;
  double sum = 0;
  sum += model.loss().item();
  const tg::MemoryStats before = tg::memory_stats();
  for (int i = 0; i < 1000; ++i) sum += model.loss().item();
  const tg::MemoryStats after = tg::memory_stats();
  CHECK(sum > 0);
  CHECK(after.live_tensors == before.live_tensors);
  CHECK(after.live_records == before.live_records);
  CHECK(after.live_bytes == before.live_bytes);
}

TEST_CASE("ten thousand training steps take no more memory than ten") {
  Step model;
  for (int i = 0; i < 10; ++i) model.train();
  const tg::MemoryStats before = tg::memory_stats();
  for (int i = 0; i < 10'000; ++i) model.train();
  const tg::MemoryStats after = tg::memory_stats();
  CHECK(after.live_tensors == before.live_tensors);
  CHECK(after.live_records == before.live_records);
  CHECK(after.live_bytes == before.live_bytes);
  CHECK(after.cached_bytes == before.cached_bytes);
  // Under the address sanitizer nothing is cached.
  if (after.cached_bytes > 0) CHECK(after.system_calls == before.system_calls);
}

TEST_CASE("gradients of second order leave nothing behind") {
  const std::int64_t tensors = tg::live_tensors();
  const std::int64_t records = tg::live_records();
  {
    const Tensor x = leaf({0.3, 0.4});
    for (int i = 0; i < 10; ++i) {
      const Tensor first = tg::grad(tg::tanh(x).sum(), x, {.create_graph = true});
      const Tensor second = tg::grad((first * first).sum(), x, {.create_graph = true});
      CHECK(second.requires_grad());
    }
  }
  CHECK(tg::live_tensors() == tensors);
  CHECK(tg::live_records() == records);
}

TEST_CASE("a record does not keep its own output alive") {
  const Tensor x = leaf({1, 2});
  const std::int64_t before = tg::live_records();
  { const Tensor y = tg::exp(x); }
  CHECK(tg::live_records() == before);
  {
    Tensor y = tg::exp(x);
    y.retain_grad();
  }
  CHECK(tg::live_records() == before);
}

TEST_CASE("records that a failed backward left are freed") {
  const std::int64_t before = tg::live_records();
  {
    const Tensor x = leaf({1, 2});
    Tensor y = tg::exp(x);
    const Tensor z = (y * y).sum();
    y.add_(1);
    CHECK_THROWS_AS(z.backward(), tg::GradError);
    CHECK_THROWS_AS(z.backward(tg::ones({5})), tg::ShapeError);
  }
  CHECK(tg::live_records() == before);
}
