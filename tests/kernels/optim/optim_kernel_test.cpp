#include <cmath>
#include <cstdint>
#include <vector>

#include "autograd/kernels/map/row_places.h"
#include "autograd/ops/formula/loop.h"
#include "nn/optim/formulas.h"
#include "tests/catch.h"

namespace formula = tapegrad::formula;

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
      a.push_back(static_cast<T>(0.2 + 0.1 * std::sin(5 * x)));
      b.push_back(static_cast<T>(0.3 + 0.2 * std::sin(2 * x)));
      c.push_back(static_cast<T>(0.2 + 0.1 * std::cos(x)));
    }
  }
  bool operator==(const State&) const = default;
};

/// A step over elements `first` to `first + n`, as a `*.kernels.cpp` makes it.
template <class T, class Formula>
void step(const Formula& formula, State<T>& s, std::int64_t first, std::int64_t n) {
  void* const arrays[] = {s.p.data(), s.g.data(), s.b.data(), s.a.data(), s.c.data()};
  tapegrad::kernels::detail::for_each_place<Arch, T>(
      n, tapegrad::detail::UpdateBody<T, Formula>(&formula, arrays, first));
}

/// Runs a step over all elements at once, and again over each alone.
template <class T, class Formula>
void check_places(const Formula& formula) {
  for (const std::int64_t n : {1, 7, 16, 37, 70}) {
    CAPTURE(Formula::name, n);
    State<T> together(n), alone(n);
    step(formula, together, 0, n);
    for (std::int64_t i = 0; i < n; ++i) step(formula, alone, i, 1);
    CHECK(together == alone);
    CHECK(together.p != State<T>(n).p);
  }
}

}  // namespace

// What the steps compute is tested in optim_rules_test.cpp, through the optimizers of nn.
TEMPLATE_TEST_CASE("an optimizer's step does not depend on an element's place", "[simd]", float,
                   double) {
  using T = TestType;
  check_places<T>(formula::Sgd{.lr = 0.1});
  check_places<T>(formula::Sgd{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01});
  formula::Adam adam{.lr = 0.01, .weight_decay = 0.1, .bias1 = 0.1, .bias2 = 0.001};
  check_places<T>(adam);
  adam.amsgrad = true;
  check_places<T>(adam);
  adam.shrinkage = 0.1;
  check_places<T>(adam);
  check_places<T>(formula::Rmsprop{.lr = 0.01, .weight_decay = 0.1, .momentum = 0.9});
  check_places<T>(formula::Rmsprop{.lr = 0.01, .centered = true});
  check_places<T>(formula::Adagrad{.lr = 0.1});
}

TEMPLATE_TEST_CASE("a centered step survives a variance that rounds below zero", "[simd]", float,
                   double) {
  using T = TestType;
  State<T> s(1);
  s.p = {1}, s.g = {T(0.3)}, s.b = {0}, s.c = {0};
  const formula::Rmsprop rmsprop{.lr = 1e-9, .alpha = 0.9, .centered = true};
  for (int i = 0; i < 5000; ++i) step(rmsprop, s, 0, 1);
  CHECK(std::isfinite(s.p[0]));
}

TEMPLATE_TEST_CASE("a slot that a step does not use is neither read nor written", "[simd]", float,
                   double) {
  using T = TestType;
  State<T> s(37);
  const auto buffer = s.b;
  step(formula::Sgd{.lr = 0.1}, s, 0, 37);
  CHECK(s.b == buffer);
  const auto momentum = s.a, mean = s.c;
  step(formula::Rmsprop{.lr = 0.1}, s, 0, 37);
  CHECK(s.a == momentum);
  CHECK(s.c == mean);
}
