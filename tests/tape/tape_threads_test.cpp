// The tape and threads: recording is each thread's own, graphs may move, parameters may be shared.

#include <thread>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/on_threads.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using namespace threads;

TEST_CASE("NoGrad and scopes are a thread's own", "[threads]") {
  const Tensor x = leaf({1});
  const tg::NoGrad no_grad;
  Finding inside;
  std::thread([&] { inside.truth = tg::grad_enabled() && (x * 2).requires_grad(); }).join();
  CHECK(inside.truth);
  CHECK_FALSE(tg::grad_enabled());
}

TEST_CASE("a graph may be built in one thread and walked in another", "[threads]") {
  const Tensor x = leaf({1, 2});
  Tensor y;
  std::thread([&] { y = (tg::exp(x) * x).sum(); }).join();
  y.backward();
  check_values("x", x.grad(), {2 * std::exp(1.0), 3 * std::exp(2.0)});

  const Tensor z = tg::tanh(x).sum();
  Finding walked;
  std::thread([&] { walked.values = values_of(tg::grad(z, x)); }).join();
  CHECK(walked.values[0] == Approx(1 - std::tanh(1.0) * std::tanh(1.0)));
}

TEST_CASE("a graph may be continued in another thread", "[threads]") {
  const Tensor x = leaf({1, 2});
  Tensor y = x;
  for (int i = 0; i < 100; ++i) y = y + x;  // this thread's tape is long
  Tensor z;
  std::thread([&] { z = (y * y).sum(); }).join();
  const Tensor loss = z + y.sum();
  loss.backward();
  check_values("x", x.grad(), {101 * (2 * 101 * 1 + 1), 101 * (2 * 101 * 2 + 1)});
}

TEST_CASE("tensors may be destroyed in another thread, and after their thread has ended",
          "[threads]") {
  const std::int64_t before = tg::live_tensors();
  Tensor from_thread;
  std::thread([&] { from_thread = tg::tanh(leaf({1, 2})).sum(); }).join();
  CHECK(from_thread.requires_grad());
  Tensor moved = tg::exp(leaf({1})).sum();
  std::thread([taken = std::move(moved)]() mutable { taken = Tensor(); }).join();
  from_thread = Tensor();
  CHECK(tg::live_tensors() == before);
}

TEST_CASE("tensors with the life of a thread are freed with it", "[threads]") {
  const std::int64_t before = tg::live_tensors();
  std::thread([] {
    thread_local Tensor kept;  // made before this thread's caches, so destroyed after them
    kept = tg::tanh(leaf({1, 2}));
  }).join();
  CHECK(tg::live_tensors() == before);
}

TEST_CASE("threads compute gradients for shared parameters at once", "[threads]") {
  const Tensor weight = leaf({0.5, -0.25, 0.125, 1, 0.75, -1}).reshape({2, 3}).detach();
  Tensor w = weight;
  w.requires_grad_();
  const Tensor bias = leaf({0.1, -0.2});
  const auto gradients = [&](double scale) {
    const Tensor x = tg::tensor({{1.0, 2.0, 3.0}, {-1.0, 0.5, 0.25}}, tg::float64) * scale;
    std::vector<double> all;
    for (int step = 0; step < 50; ++step) {
      const Tensor loss = tg::square(tg::tanh(tg::linear(x, w, bias))).mean();
      const auto found = tg::grad({loss}, {w, bias});
      all = values_of(found[0]);
      for (const double value : values_of(found[1])) all.push_back(value);
    }
    return all;
  };
  constexpr int count = 4;
  std::vector<Finding> findings(count);
  on_threads(count,
             [&](int i) { findings[static_cast<std::size_t>(i)].values = gradients(i + 1.0); });
  for (int i = 0; i < count; ++i)
    CHECK(findings[static_cast<std::size_t>(i)].values == gradients(i + 1.0));
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("threads train models of their own at once", "[threads]") {
  const auto train = [] {
    Tensor w = tg::ones({4, 4}, tg::float64).requires_grad_();
    const Tensor x = tg::linspace(0, 1, 8, tg::float64).reshape({2, 4});
    for (int step = 0; step < 100; ++step) {
      tg::square(tg::sigmoid(tg::matmul(x, w))).sum().backward();
      const tg::NoGrad no_grad;
      w.sub_(0.1 * w.grad());
      w.zero_grad();
    }
    return values_of(w);
  };
  std::vector<Finding> findings(4);
  on_threads(4, [&](int i) { findings[static_cast<std::size_t>(i)].values = train(); });
  for (const Finding& finding : findings) CHECK(finding.values == train());
}

TEST_CASE("threads read one saved value and one detached tensor at once", "[threads]") {
  const Tensor x = leaf({1, 2, 3});
  const Tensor shared = tg::exp(x.detach());
  std::vector<Finding> findings(4);
  on_threads(4, [&](int i) {
    for (int step = 0; step < 50; ++step) {
      const Tensor view = shared.detach().reshape({3, 1});
      const Tensor mine = leaf({1.0 * i});
      (view * mine).sum().backward();
      findings[static_cast<std::size_t>(i)].values = values_of(mine.grad());
    }
  });
  for (const Finding& finding : findings)
    CHECK(finding.values[0] == Approx(std::exp(1.0) + std::exp(2.0) + std::exp(3.0)));
}

TEST_CASE("scopes of many threads keep their names", "[threads]") {
  std::vector<Finding> findings(4);
  on_threads(4, [&](int i) {
    bool all = true;
    for (int step = 0; step < 100; ++step) {
      const std::string name = "thread" + std::to_string(i) + "_" + std::to_string(step % 10);
      const tg::Scope scope(name);
      const Tensor y = leaf({1}) * 2;
      all = all && tg::records(y).front().scope == name;
    }
    findings[static_cast<std::size_t>(i)].truth = all;
  });
  for (const Finding& finding : findings) CHECK(finding.truth);
}
