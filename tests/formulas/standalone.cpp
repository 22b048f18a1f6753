// Formulas of the library over plain numbers: no tensor, no kernel, nothing to link.

#include <cmath>
#include <cstdio>

#include "autograd/ops/elementwise/families.h"
#include "autograd/ops/formula/functions.h"
#include "autograd/ops/formula/number.h"
#include "nn/optim/formulas.h"

namespace formula = tapegrad::formula;

namespace {

int failures = 0;

void check(const char* what, double found, double expected) {
  if (std::abs(found - expected) <= 1e-6 * (1 + std::abs(expected))) return;
  std::printf("%s: %.9g, expected %.9g\n", what, found, expected);
  ++failures;
}

using N = formula::Number<double>;

/// The derivative of a function, which is compared with a difference.
template <class Op>
void check_unary(Op op) {
  const double x = 0.5 * (op.samples.low + 3 * op.samples.high) / 2, h = 1e-6;
  const N y = op.forward(N(x)), above = op.forward(N(x + h)), below = op.forward(N(x - h));
  check(op.name, N(op.vjp(N(1), N(x), y)).value, (above - below).value / (2 * h));
}

template <class Op>
void check_binary(Op op) {
  const double a = 1.3, b = 0.7, h = 1e-6;
  const N y = op.forward(N(a), N(b));
  const N da = N(op.forward(N(a + h), N(b))) - op.forward(N(a - h), N(b));
  const N db = N(op.forward(N(a), N(b + h))) - op.forward(N(a), N(b - h));
  check(op.name, N(op.vjp_a(N(1), N(a), N(b), y)).value, da.value / (2 * h));
  check(op.name, N(op.vjp_b(N(1), N(a), N(b), y)).value, db.value / (2 * h));
}

template <class... Op>
void check_all(formula::List<Op...>) {
  const auto one = [](auto op) {
    if constexpr (std::is_array_v<decltype(op.reads)>)
      check_binary(op);
    else
      check_unary(op);
  };
  (one(Op()), ...);
}

/// Three steps of Adam on x^2, and the same as the paper has it.
template <class T>
void check_adam() {
  formula::Number<T> p = 1, m = 0, v = 0, unused = 0;
  double x = 1, mean = 0, square = 0;
  for (int step = 1; step <= 3; ++step) {
    const double bias1 = 1 - std::pow(0.9, step), bias2 = 1 - std::pow(0.999, step);
    formula::Adam{.lr = 0.1, .bias1 = bias1, .bias2 = bias2}.update(p, 2 * p, m, v, unused);
    const double g = 2 * x;
    mean = 0.9 * mean + 0.1 * g;
    square = 0.999 * square + 0.001 * g * g;
    x -= 0.1 * (mean / bias1) / (std::sqrt(square / bias2) + 1e-8);
  }
  check("Adam", double(p.value), x);
}

}  // namespace

int main() {
  check_all(formula::Elementwise());
  check_adam<double>();
  check_adam<float>();
  return failures;
}
