#include <autograd/autograd.h>
#include <autograd/scalar_op.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/stages.h"

// Scalar operators beside the plain program with double: an equation of 64,000 operations on
// numbers, which a tape of scalars would record one by one, its gradient, and a product of its
// Hessian and a direction. Nothing fails because a machine is slow; the goal is in the name.

namespace bench {

namespace {

namespace tg = tapegrad;

using std::sin;

/// The oscillator of van der Pol, driven off its middle, 4000 steps of 16 operations. One text for double and for the
/// operator.
constexpr auto kVanDerPol = [](auto x, auto mu) {
  using Number = decltype(x);
  std::array<Number, 2> s{x, Number(0)};
  for (int step = 0; step < 4000; ++step) {
    const Number pull = mu * (1.0 - s[0] * s[0]) * s[1] - (1.0 + s[0]) * s[0];
    const Number push = 0.1 * sin(s[1] + 0.5);
    s[0] += 0.0025 * s[1];
    s[1] += 0.0025 * (pull + push - 0.25);
  }
  return s[0] * s[1];
};

/// The same with tensors, which are numbers here: what each operation costs as a record.
tg::Tensor by_records(tg::Tensor x, const tg::Tensor& mu, int steps) {
  tg::Tensor v = tg::tensor(0.0, tg::float64);
  for (int step = 0; step < steps; ++step) {
    const tg::Tensor pull = mu * (1.0 - x * x) * v - (1.0 + x) * x, push = 0.1 * tg::sin(v + 0.5);
    x = x + 0.0025 * v;
    v = v + 0.0025 * (pull + push - 0.25);
  }
  return x * v;
}

Rows measure_size(const Setting& setting, const std::string& name, std::int64_t size) {
  tg::manual_seed(2);
  const auto op = tg::scalar_op(kVanDerPol, "van_der_pol");
  const tg::Tensor x = tg::rand({size}, tg::float64).requires_grad_();
  const tg::Tensor mu = tg::tensor(0.7, tg::float64).requires_grad_();
  const std::vector<double> starts(x.data<double>().begin(), x.data<double>().end());
  volatile double sum = 0;
  const std::vector<Figure> times = time_stages(
      [&](StopWatch& watch) {
        watch.start();
        for (const double start : starts) sum = sum + kVanDerPol(start, 0.7);
        watch.stop();
        watch.start();
        (void)tg::grad({tg::sum(op(x, mu))}, {x, mu});
        watch.stop();
        watch.start();
        const auto g = tg::grad({tg::sum(op(x, mu))}, {x, mu}, {.create_graph = true});
        (void)tg::grad({tg::sum(g[0]) + g[1]}, {x, mu});
        watch.stop();
      },
      setting.effort);
  return Rows{{name + ", double alone", {times[0], {}, {}}},
              {name + ", value and gradient", {times[1], {}, {}}},
              {name + ", Hessian and a direction", {times[2], {}, {}}},
              ratio(name + ", gradient, ratio (at most 5)", times[1], times[0]),
              ratio(name + ", Hessian, ratio", times[2], times[0])};
}

}  // namespace

void add_scalar_cases(Cases& cases) {
  for (const std::int64_t size : {1, 64}) {
    const std::string name =
        fmt::format("scalar operator: van der Pol, 64000 operations, {} times", size);
    cases.push_back(
        {name, false, [=](const Setting& setting) { return measure_size(setting, name, size); }});
  }
  const std::string name = "scalar operator: van der Pol by records, an operation";
  cases.push_back({name, false, [=](const Setting& setting) {
                     const tg::Tensor x = tg::tensor(0.5, tg::float64).requires_grad_();
                     const tg::Tensor mu = tg::tensor(0.7, tg::float64).requires_grad_();
                     constexpr int kSteps = 100;
                     const std::vector<Figure> times = time_stages(
                         [&](StopWatch& watch) {
                           watch.start();
                           (void)tg::grad({by_records(x, mu, kSteps)}, {x, mu});
                           watch.stop();
                         },
                         setting.effort);
                     return Rows{{name, {per(times[0], kSteps * 16), {}, {}}}};
                   }});
}

}  // namespace bench
