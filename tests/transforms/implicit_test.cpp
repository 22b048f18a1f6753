// Roots and minima have the derivatives of the implicit function theorem, in both directions and
// in every order, however they were found.

#include "autograd/transforms/implicit.h"

#include <cmath>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/transforms/checkpoint.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/point_gradients.h"
#include "tests/warnings.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Contains;
using point_gradients::values_of;
using tg::Tensor;

namespace {

using List = std::vector<Tensor>;

Tensor numbers(const std::vector<double>& values) { return tg::tensor(values, tg::float64); }

/// x^3 + x = p in each element, and its derivatives for p.
Tensor cubic(const Tensor& x, const Tensor& p) { return x * x * x + x - p; }
Tensor root_of_cubic(const Tensor& p) {
  return tg::implicit_root(
      [](const Tensor& at) {
        Tensor x = tg::zeros_like(at);
        for (int i = 0; i < 60; ++i) x = x - cubic(x, at) / (3 * x * x + 1);
        return x;
      },
      cubic, p);
}
double slope(double x) { return 1 / (3 * x * x + 1); }
double curvature(double x) { return -6 * x * std::pow(slope(x), 3); }
double third(double x) {
  return (-6 * std::pow(slope(x), 3) + 108 * x * x * std::pow(slope(x), 4)) * slope(x);
}

void check_close(const Tensor& found, const std::vector<double>& expected, double within = 1e-10) {
  const auto values = values_of(found);
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO(i << ": " << values[i] << ", expected " << expected[i]);
    CHECK(std::abs(values[i] - expected[i]) <= within * (1 + std::abs(expected[i])));
  }
}

/// The minimum of a quadratic function: A x = b, solved by Gauss and Jordan.
Tensor solve_dense(const Tensor& a, const Tensor& b) {
  const std::int64_t n = b.numel();
  std::vector<std::vector<double>> rows;
  for (std::int64_t i = 0; i < n; ++i) {
    rows.push_back(values_of(a[i]));
    rows.back().push_back(b[i].item());
  }
  for (std::size_t k = 0; k < rows.size(); ++k)
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i == k) continue;
      const double factor = rows[i][k] / rows[k][k];
      for (std::size_t j = 0; j < rows[i].size(); ++j) rows[i][j] -= factor * rows[k][j];
    }
  std::vector<double> x;
  for (std::size_t k = 0; k < rows.size(); ++k) x.push_back(rows[k].back() / rows[k][k]);
  return numbers(x);
}

}  // namespace

TEST_CASE("many roots at once have the derivatives of each, up to the third") {
  const Tensor x = numbers({-1.5, 0.0, 0.2, 2.0, 30.0});
  const Tensor p = (x * x * x + x).requires_grad_();
  const Tensor found = root_of_cubic(p);
  check_close(found, values_of(x), 1e-14);
  std::vector<double> first, second, last;
  for (const double each : values_of(x)) {
    first.push_back(slope(each));
    second.push_back(curvature(each));
    last.push_back(third(each));
  }
  const Tensor g = tg::grad(tg::sum(found), p, {.create_graph = true});
  check_close(g, first, 1e-12);
  const Tensor h = tg::grad(tg::sum(g), p, {.create_graph = true});
  check_close(h, second);
  check_close(tg::grad(tg::sum(h), p), last);
}

TEST_CASE("Kepler's equation, an inverse and a constrained minimum have their closed forms") {
  // E - e sin E = M, of numbers.
  const auto kepler = [](const Tensor& x, const List& p) { return x - p[1] * tg::sin(x) - p[0]; };
  const auto iterate = [](const List& p) {
    Tensor x = p[0].clone();
    for (int i = 0; i < 200; ++i) x = p[0] + p[1] * tg::sin(x);
    return x;
  };
  const List p{tg::tensor(1.1, tg::float64).requires_grad_(),
               tg::tensor(0.4, tg::float64).requires_grad_()};
  const Tensor anomaly = tg::implicit_root(iterate, kepler, p);
  const double at = anomaly.item(), e = 0.4, rate = 1 / (1 - e * std::cos(at));
  const List g = tg::grad({anomaly}, p, {.create_graph = true});
  check_close(g[0], {rate}, 1e-13);
  check_close(g[1], {std::sin(at) * rate}, 1e-13);
  check_close(tg::grad({g[0]}, {p[0]})[0], {-e * std::sin(at) * std::pow(rate, 3)}, 1e-12);

  // X A = 1 has a Jacobian that is not symmetric: dX = -X dA X.
  const Tensor a = tg::tensor({{2.0, 1.0}, {-0.5, 3.0}}, tg::float64).requires_grad_();
  const Tensor one = tg::eye(2, 2, tg::float64),
               v = tg::tensor({{1.0, 2.0}, {-3.0, 0.5}}, tg::float64);
  const auto inverse_of = [&](const Tensor& m) {
    return tg::implicit_root(
        [&](const Tensor& at_m) {
          Tensor x = 0.1 * at_m.t();
          for (int i = 0; i < 60; ++i) x = tg::matmul(x, 2 * one - tg::matmul(at_m, x));
          return x;
        },
        [&](const Tensor& x, const Tensor& of) { return tg::matmul(x, of) - one; }, m);
  };
  const Tensor x = inverse_of(a);
  check_close(tg::matmul(x, a), {1, 0, 0, 1}, 1e-13);
  const auto product = [](const Tensor& l, const Tensor& m, const Tensor& r) {
    return tg::matmul(tg::matmul(l, m), r).detach();
  };
  check_close(tg::grad(tg::sum(x * v), a), values_of(-product(x.t(), v, x.t())), 1e-12);
  check_close(tg::jvp(inverse_of, a.detach(), v).second, values_of(-product(x, v, x)), 1e-12);

  // The point of the unit sphere that is nearest to c, by a multiplier: c / |c|.
  const Tensor c = numbers({1.0, -2.0, 2.0}).requires_grad_();
  const List nearest = tg::implicit_root(
      [](const Tensor& to) {
        return List{to / 3, tg::tensor(3.0, tg::float64)};
      },
      [](const List& y, const Tensor& to) {
        return List{y[0] * y[1] - to, tg::sum(y[0] * y[0]) - 1};
      },
      c);
  check_close(tg::grad(nearest[0][1], c), {2.0 / 27, 5.0 / 27, 4.0 / 27}, 1e-13);
}

TEST_CASE("forward mode of roots, alone, twice, and mixed with walks") {
  const Tensor x = numbers({-0.5, 1.25});
  const Tensor p = x * x * x + x, one = tg::ones({2}, tg::float64);
  std::vector<double> first, second;
  for (const double each : values_of(x)) {
    first.push_back(slope(each));
    second.push_back(curvature(each));
  }
  const auto along = [&](const Tensor& at) { return tg::jvp(root_of_cubic, at, one).second; };
  const auto walked = [&](const auto& f, const Tensor& at) {
    Tensor leaf = at;
    leaf.requires_grad_();
    return tg::grad(tg::sum(f(leaf)), leaf);
  };
  check_close(along(p), first);
  check_close(tg::jvp(along, p, one).second, second);
  check_close(walked(along, p.clone()), second);
  check_close(tg::jvp([&](const Tensor& at) { return walked(root_of_cubic, at); }, p, one).second,
              second);
  // A captured tensor varies, too.
  const auto captured = [&](const Tensor& at) {
    const Tensor found = root_of_cubic(p);
    return tg::implicit_root([&](const List&) { return found.detach(); },
                             [&](const Tensor& y, const List&) { return cubic(y, at); }, List{});
  };
  check_close(tg::jvp(captured, p, one).second, first);
  check_close(walked(captured, p.clone()), first);
}

TEST_CASE("gradcheck of a system of equations with a list of unknowns and of parameters") {
  // a + b^2 = p0, a b - b = p1 c, for a [] and b [2].
  const auto g = [](const List& x, const List& p) {
    return List{x[0] + tg::sum(x[1] * x[1]) - p[0], x[0] * x[1] + tg::exp(x[1]) - p[1] * p[2]};
  };
  const auto solver = [&](const List& p) {
    List x{tg::tensor(2.0, tg::float64), numbers({0.1, 0.1})};
    for (int i = 0; i < 4000; ++i) {
      const List r = g(x, p);
      x = {x[0] - 0.2 * r[0], x[1] - 0.2 * r[1]};
    }
    return x;
  };
  const List p{tg::tensor(2.5, tg::float64), numbers({1.5, 1.2}), tg::tensor(1.1, tg::float64)};
  const auto f = [&](const List& in) {
    const List x = tg::implicit_root(solver, g, in);
    return x[0] * tg::sum(tg::sin(x[1])) + x[1];
  };
  List leaves;
  for (const Tensor& each : p) leaves.push_back(each.clone().requires_grad_());
  const auto result = tg::gradcheck(f, leaves);
  INFO(result.message());
  CHECK(result);
}

TEST_CASE("a minimum has the derivatives of the solution of its equations") {
  // x^T A x / 2 - b^T x, so that x = A^-1 b; dx = A^-1 (db - dA x).
  const Tensor a = tg::tensor({{4.0, 1.0, 0.5}, {1.0, 3.0, -1.0}, {0.5, -1.0, 2.0}}, tg::float64)
                       .requires_grad_();
  const Tensor b = numbers({1.0, -2.0, 0.5}).requires_grad_();
  const auto f = [](const Tensor& x, const List& p) {
    return tg::sum(x * tg::matmul(p[0], x)) / 2 - tg::sum(p[1] * x);
  };
  const auto solver = [](const List& p) { return solve_dense(p[0], p[1]); };
  const Tensor x = tg::implicit_minimum(solver, f, List{a, b});
  const Tensor v = numbers({1.0, 2.0, 3.0});
  const List g = tg::grad({tg::sum(x * v)}, {a, b}, {.create_graph = true});
  const Tensor u = solve_dense(a, v);
  check_close(g[1], values_of(u), 1e-12);
  const auto us = values_of(u), xs = values_of(x);
  std::vector<double> outer;  // of the symmetric part, since x^T A x knows no other
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) outer.push_back(-(us[i] * xs[j] + us[j] * xs[i]) / 2);
  check_close(g[0], outer, 1e-12);
  // Linear in b, so that its Hessian for b is 0, and the mixed one is that of A^-1.
  check_close(tg::grad({tg::sum(g[1])}, {b}, {.retain_graph = true, .allow_unused = true})[0],
              {0, 0, 0});
  const Tensor mixed = tg::grad({tg::sum(g[1] * v)}, {a})[0];
  std::vector<double> expected;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) expected.push_back(-us[i] * us[j]);
  check_close(mixed, expected);
  // The walk that leaves gradients at leaves.
  sum(tg::implicit_minimum(solver, f, List{a, b}) * v).backward();
  check_close(b.grad(), us, 1e-12);
}

TEST_CASE("a solver may take gradients itself, and none of its tape is kept") {
  const Tensor p = numbers({1.0, -2.0}).requires_grad_();
  const std::int64_t records = tg::live_records();
  const auto f = [](const Tensor& x, const Tensor& at) {
    return tg::sum(tg::cosh(x - at)) + tg::sum(x * x);
  };
  const auto descent = [&](const Tensor& at) {
    CHECK_FALSE(at.requires_grad());
    CHECK_FALSE(tg::grad_enabled());
    Tensor x = tg::zeros_like(at);
    for (int i = 0; i < 300; ++i) {
      const tg::EnableGrad enable;
      const Tensor leaf = x.clone().requires_grad_();
      x = x - 0.2 * tg::grad(f(leaf, at), leaf);
    }
    return x;
  };
  const Tensor x = tg::implicit_minimum(descent, f, p);
  CHECK(tg::live_records() - records == 2);  // the operator, and its output
  const auto xs = values_of(x), ps = values_of(p);
  std::vector<double> expected;
  for (std::size_t i = 0; i < 2; ++i) {
    const double c = std::cosh(xs[i] - ps[i]);
    expected.push_back(c / (c + 2));
  }
  tg::sum(x).backward();
  check_close(p.grad(), expected);
  // Where nothing requires a gradient nothing is recorded.
  CHECK_FALSE(tg::implicit_minimum(descent, f, p.detach()).requires_grad());
  // Nor where it depends on none, or there is nothing to find.
  const auto half = [](const Tensor& at) { return tg::full_like(at, 0.5); };
  CHECK_FALSE(tg::implicit_root(
                  half, [](const Tensor& y, const Tensor&) { return 2 * y - 1; }, p)
                  .requires_grad());
  CHECK(tg::implicit_root([](const List&) { return List{}; },
                          [](const List& y, const List&) { return y; }, List{p})
            .empty());
  const tg::NoGrad no_grad;
  CHECK_FALSE(tg::implicit_minimum(descent, f, p).requires_grad());
}

TEST_CASE("a deep equilibrium: parameters of a network that the function captures") {
  tg::manual_seed(4);
  const tg::DefaultDType doubles(tg::float64);
  nn::Linear layer(3, 3), input(2, 3);
  {
    const tg::NoGrad no_grad;
    layer.weight.mul_(0.5);
  }
  const Tensor data = tg::randn({5, 2});
  Tensor u;
  const auto step = [&](const Tensor& x) { return tg::tanh(layer(x) + u); };
  const auto iterate = [&](int count) {
    Tensor x = tg::zeros({5, 3});
    for (int i = 0; i < count; ++i) x = step(x);
    return x;
  };
  std::vector<List> gradients;
  const List leaves{layer.weight, layer.bias, input.weight, input.bias};
  for (const bool implicit : {false, true}) {
    u = input(data);
    const Tensor x =
        implicit ? tg::implicit_root([&](const List&) { return iterate(200); },
                                     [&](const Tensor& at, const List&) { return step(at) - at; },
                                     List{})
                 : iterate(200);
    gradients.push_back(tg::grad({tg::sum(x * x * u)}, leaves));
  }
  for (std::size_t i = 0; i < leaves.size(); ++i)
    check_close(gradients[1][i], values_of(gradients[0][i]));
}

TEST_CASE("roots within checkpoints, and functions with checkpoints within roots") {
  const Tensor p = numbers({2.0, 0.3}).requires_grad_();
  const Tensor plain = tg::grad(tg::sum(tg::sin(root_of_cubic(p * 2))), p);
  const Tensor y =
      tg::checkpoint([](const Tensor& at) { return tg::sin(root_of_cubic(at * 2)); }, p);
  check_close(tg::grad(tg::sum(y), p), values_of(plain), 1e-14);
  const Tensor x = tg::implicit_root(
      [](const Tensor& at) { return root_of_cubic(at); },
      [](const Tensor& at, const Tensor& q) { return tg::checkpoint(cubic, at, q); }, p * 2);
  check_close(tg::grad(tg::sum(tg::sin(x)), p), values_of(plain), 1e-14);
}

TEST_CASE("float32, and a solver of linear systems of one's own") {
  const Tensor p = tg::tensor({10.0, 2.0}).requires_grad_();
  const Tensor x = root_of_cubic(p);
  CHECK(x.dtype() == tg::float32);
  check_close(tg::grad(tg::sum(x), p), {slope(2), slope(1)}, 1e-6);
  int calls = 0;
  const tg::LinearSolver dense = [&](const auto& product, const Tensor& b) {
    ++calls;
    List columns;
    for (std::int64_t i = 0; i < b.numel(); ++i) {
      Tensor unit = tg::zeros_like(b);
      unit.data<double>();
      columns.push_back(product(tg::one_hot(tg::tensor(i, tg::int64), b.numel()).to(tg::float64)));
    }
    return solve_dense(tg::stack(columns, 1), b);
  };
  const Tensor y = tg::implicit_root([&](const Tensor&) { return x.detach(); }, cubic, p,
                                     {.linear_solve = dense});
  check_close(tg::grad(tg::sum(y), p), {slope(2), slope(1)}, 1e-6);
  CHECK(calls == 1);
  const Tensor z =
      tg::implicit_root([&](const Tensor&) { return x.detach(); }, cubic, p,
                        {.linear_solve = [](const auto&, const Tensor& b) { return b * 2; }});
  CHECK_THAT(message_of<tg::GradError>([&] { (void)tg::grad(tg::sum(z), p); }),
             Contains("was not solved"));
}

TEST_CASE("a large system is solved by products alone") {
  constexpr std::int64_t n = 4000;
  const Tensor p = tg::linspace(0.1, 3, n, tg::float64).requires_grad_();
  // Neighbours hold each other: 4 x_i - x_i-1 - x_i+1 + x_i^3 = p_i.
  const auto g = [](const Tensor& x, const Tensor& at) {
    const Tensor zero = tg::zeros({1}, tg::float64);
    return 4 * x - tg::cat({zero, x.narrow(0, 0, n - 1)}) - tg::cat({x.narrow(0, 1, n - 1), zero}) +
           x * x * x - at;
  };
  const auto solver = [&](const Tensor& at) {
    Tensor x = at / 4;
    for (int i = 0; i < 300; ++i) x = x - g(x, at) / (4 + 3 * x * x);
    return x;
  };
  const Tensor x = tg::implicit_root(solver, g, p);
  const Tensor u = tg::grad(tg::sum(x), p);
  // J is symmetric: J u = 1.
  const Tensor back =
      tg::jvp([&](const Tensor& at) { return g(at, p.detach()); }, x.detach(), u).second;
  CHECK(tg::amax(tg::abs(back - 1)).item() < 1e-10);
}

TEST_CASE("a solver that did not arrive is an error, or a warning where that is wanted") {
  const Tensor p = numbers({2.0}).requires_grad_();
  const auto lazy = [](const Tensor& at) { return tg::zeros_like(at); };
  CHECK_THAT(message_of<tg::ValueError>([&] { (void)tg::implicit_root(lazy, cubic, p); }),
             Contains("implicit_root: the solver did not arrive: at what it returned the function "
                      "has an element of 2, above the tolerance of 1e-06"));
  const auto f = [](const Tensor& x, const Tensor& at) { return tg::sum(x * x - x * at); };
  CHECK_THAT(message_of<tg::ValueError>([&] { (void)tg::implicit_minimum(lazy, f, p); }),
             Contains("the gradient has an element of 2"));
  const auto none = [](const Tensor& at) { return tg::zeros_like(at) / 0; };
  CHECK_THAT(message_of<tg::ValueError>([&] { (void)tg::implicit_root(none, cubic, p); }),
             Contains("element of nan"));
  Warnings warnings;
  const Tensor x = tg::implicit_root(lazy, cubic, p, {.unsolved = tg::Unsolved::warning});
  REQUIRE(warnings.texts.size() == 1);
  CHECK_THAT(warnings.texts[0], Contains("did not arrive"));
  check_close(tg::grad(tg::sum(x), p), {1});
  CHECK(tg::implicit_root(lazy, cubic, p, {.tolerance = 3}).requires_grad());
}

TEST_CASE("a singular system, and functions that do not fit, are errors") {
  const Tensor p = numbers({0.0, 1.0}).requires_grad_();
  const auto square = [](const Tensor& x, const Tensor& at) { return x * x - at; };
  const auto roots = [](const Tensor& at) { return tg::sqrt(at); };
  const Tensor x = tg::implicit_root(roots, square, p);
  CHECK_THAT(message_of<tg::GradError>([&] { tg::sum(x).backward(); }),
             Contains("with 2 unknowns, was not solved") && Contains("singular"));
  // The regular one alone can be asked for.
  check_close(tg::grad(tg::implicit_root(roots, square, p)[1], p), {0, 0.5});
  CHECK_THAT(message_of<tg::GradError>([&] {
               (void)tg::jvp([&](const Tensor& at) { return tg::implicit_root(roots, square, at); },
                             p.detach(), numbers({1, 1}));
             }),
             Contains("was not solved"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               (void)tg::implicit_root(
                   roots, [](const Tensor& at, const Tensor&) { return tg::sum(at); }, p);
             }),
             Contains("the result of the function has shape []"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               (void)tg::implicit_root(
                   roots,
                   [](const Tensor& at, const Tensor&) {
                     return List{at, at};
                   },
                   p);
             }),
             Contains("1 unknowns, but the function returned 2"));
  Tensor changed = tg::implicit_root(roots, square, numbers({4.0}).requires_grad_());
  const Tensor loss = tg::sum(changed);
  changed.mul_(2);
  CHECK_THAT(message_of<tg::GradError>([&] { loss.backward(); }), Contains("'mul_'"));
}
