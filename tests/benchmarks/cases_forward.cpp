#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/stages.h"

// What forward mode costs beside the plain value, of networks and of chains of functions of each
// element. Nothing fails because a machine is slow; the goal is in the names, of the sizes at which
// arithmetic counts and not the call of an operator.

namespace bench {

namespace {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

using Function = std::function<tg::Tensor(const tg::Tensor&)>;

/// `make()` gives the function, so that its weights are made when it is measured.
void add(Cases& cases, const std::string& name, const tg::Shape& shape, bool goal,
         std::function<Function()> make) {
  cases.push_back({name, false, [=](const Setting& setting) {
                     constexpr int kTimes = 20;  // so that the clock costs nothing
                     tg::manual_seed(1);
                     const Function f = make();
                     const tg::Tensor x = tg::rand(shape), v = tg::randn(shape);
                     std::vector<Figure> times = time_stages(
                         [&](StopWatch& watch) {
                           const tg::NoGrad no_grad;
                           watch.start();
                           for (int i = 0; i < kTimes; ++i) (void)f(x);
                           watch.stop();
                           watch.start();
                           for (int i = 0; i < kTimes; ++i) tg::jvp(f, x, v);
                           watch.stop();
                         },
                         setting.effort);
                     for (Figure& time : times) time = per(time, kTimes);
                     return Rows{{name + ", value", {times[0], {}, {}}},
                                 {name + ", jvp", {times[1], {}, {}}},
                                 ratio(name + (goal ? ", ratio (at most 2.5)" : ", ratio"),
                                       times[1], times[0])};
                   }});
}

void add_network(Cases& cases, int in, int hidden, int batch, bool goal) {
  add(cases, fmt::format("forward: MLP {}-{}-{}-10, {} rows", in, hidden, hidden, batch),
      {batch, in}, goal, [=] {
        const tg::Tensor target = tg::zeros({batch}, tg::int64);
        return Function([target, a = nn::Linear(in, hidden), b = nn::Linear(hidden, hidden),
                         c = nn::Linear(hidden, 10)](const tg::Tensor& x) {
          return tg::cross_entropy(c(tg::tanh(b(tg::tanh(a(x))))), target);
        });
      });
}

void add_chain(Cases& cases, int elements, bool goal) {
  add(cases, fmt::format("forward: 24 functions of {} elements", elements), {elements}, goal, [=] {
    return Function([w = tg::rand({elements})](const tg::Tensor& x) {
      tg::Tensor y = x;
      for (int i = 0; i < 4; ++i) y = tg::tanh(y * w + 0.5) * tg::exp(-y);
      return y;
    });
  });
}

}  // namespace

void add_forward_cases(Cases& cases) {
  add_network(cases, 784, 256, 64, true);
  add_network(cases, 64, 64, 32, true);
  add_network(cases, 4, 16, 8, false);
  add_chain(cases, 100'000, true);
  add_chain(cases, 4096, true);
  add_chain(cases, 16, false);
}

}  // namespace bench
