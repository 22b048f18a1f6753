#include <cmath>
#include <cstdint>
#include <vector>

#include "autograd/kernels/optim.h"
#include "tests/catch.h"

using namespace tapegrad::kernels;

namespace {

using Arch = xsimd::default_arch;

/// A parameter, its gradient and three buffers.
template <class T>
struct State {
  std::vector<T> p, g, a, b, c;

  explicit State(std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) {
      const double x = 0.7 * static_cast<double>(i);
      p.push_back(static_cast<T>(std::sin(x)));
      g.push_back(static_cast<T>(std::cos(3 * x)));
      a.push_back(static_cast<T>(0.1 * std::sin(5 * x)));
      b.push_back(static_cast<T>(0.3 + 0.2 * std::sin(2 * x)));
      c.push_back(static_cast<T>(0.2 + 0.1 * std::cos(x)));
    }
  }
  bool operator==(const State&) const = default;
};

/// Runs a step over all elements at once, and again over each alone.
template <class T, class Step>
void check_places(Step step) {
  for (const std::int64_t n : {1, 7, 16, 37, 70}) {
    CAPTURE(n);
    State<T> together(n), alone(n);
    step(together, 0, n);
    for (std::int64_t i = 0; i < n; ++i) step(alone, i, 1);
    CHECK(together == alone);
    CHECK(together.p != State<T>(n).p);
  }
}

}  // namespace

// What the steps compute is tested in optim_rules_test.cpp, through the optimizers of nn.
TEMPLATE_TEST_CASE("an optimizer's step does not depend on an element's place", "[simd]", float,
                   double) {
  using T = TestType;
  using S = State<T>;
  using Int = std::int64_t;
  const SgdStep plain{.lr = 0.1}, momentum{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01};
  check_places<T>([=](S& s, Int i, Int n) {
    sgd<Arch, T>(&s.p[std::size_t(i)], &s.g[std::size_t(i)], nullptr, plain, n);
  });
  check_places<T>([=](S& s, Int i, Int n) {
    sgd<Arch, T>(&s.p[std::size_t(i)], &s.g[std::size_t(i)], &s.a[std::size_t(i)], momentum, n);
  });
  const AdamStep adam_step{.lr = 0.01, .weight_decay = 0.1, .bias1 = 0.1, .bias2 = 0.001};
  check_places<T>([=](S& s, Int i, Int n) {
    adam<Arch, T>(&s.p[std::size_t(i)], &s.g[std::size_t(i)], &s.a[std::size_t(i)],
                  &s.b[std::size_t(i)], nullptr, adam_step, n);
  });
  check_places<T>([=](S& s, Int i, Int n) {
    adam<Arch, T>(&s.p[std::size_t(i)], &s.g[std::size_t(i)], &s.a[std::size_t(i)],
                  &s.b[std::size_t(i)], &s.c[std::size_t(i)], adam_step, n);
  });
  const RmspropStep rms{.lr = 0.01, .weight_decay = 0.1, .momentum = 0.9};
  check_places<T>([=](S& s, Int i, Int n) {
    rmsprop<Arch, T>(&s.p[std::size_t(i)], &s.g[std::size_t(i)], &s.b[std::size_t(i)],
                     &s.a[std::size_t(i)], &s.c[std::size_t(i)], rms, n);
  });
  check_places<T>([](S& s, Int i, Int n) {
    adagrad<Arch, T>(&s.p[std::size_t(i)], &s.g[std::size_t(i)], &s.b[std::size_t(i)],
                     AdagradStep{.lr = 0.1}, n);
  });
}

TEMPLATE_TEST_CASE("a centered step survives a variance that rounds below zero", "[simd]", float,
                   double) {
  using T = TestType;
  T p = 1, square_mean = 0, mean = 0;
  const T g = T(0.3);
  for (int step = 0; step < 5000; ++step)
    rmsprop<Arch, T>(&p, &g, &square_mean, &mean, nullptr, RmspropStep{.lr = 1e-9, .alpha = 0.9},
                     1);
  CHECK(std::isfinite(p));
}
