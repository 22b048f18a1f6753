#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/stages.h"

// What transforms of functions cost, each beside what it is made of. Nothing fails because a machine
// is slow; goals are in the names.

namespace bench {

namespace {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

using Work = std::function<void()>;
/// What is compared: the second is what the first is a multiple of.
using Pair = std::pair<Work, Work>;

/// `make()` gives both, so that what they work on is made when it is measured.
void add(Cases& cases, const std::string& name, const std::string& goal, int times,
         std::function<Pair()> make) {
  cases.push_back({name, false, [=](const Setting& setting) {
                     tg::manual_seed(1);
                     const Pair pair = make();
                     std::vector<Figure> took = time_stages(
                         [&](StopWatch& watch) {
                           for (const Work& each : {pair.second, pair.first}) {
                             watch.start();
                             for (int i = 0; i < times; ++i) each();
                             watch.stop();
                           }
                         },
                         setting.effort);
                     for (Figure& time : took) time = per(time, times);
                     return Rows{{name + ", unit", {took[0], {}, {}}},
                                 {name, {took[1], {}, {}}},
                                 ratio(name + ", ratio" + goal, took[1], took[0])};
                   }});
}

/// 300 outputs by 26 inputs, beside one value.
Pair tall_jacobian() {
  const Tensor a = tg::randn({300, 64}), b = tg::randn({64, 26}), x = tg::randn({26});
  const auto f = [=](const Tensor& in) {
    return tg::tanh(tg::matmul(a, tg::tanh(tg::matmul(b, in))));
  };
  return {[=] { (void)tg::jacobian(f, x); }, [=] { (void)f(x); }};
}

/// A loss of 50 inputs, beside its gradient.
Pair whole_hessian() {
  const Tensor w = tg::randn({200, 50}), x = tg::randn({50});
  const auto f = [=](const Tensor& in) { return tg::sum(tg::exp(tg::tanh(tg::matmul(w, in)))); };
  return {[=] { (void)tg::hessian(f, x); }, [=] { (void)tg::grad(f)(x); }};
}

/// A band of three in 10,000 by 10,000 whose pattern is known, beside one value.
Pair banded_jacobian() {
  const std::int64_t n = 10'000;
  const auto f = [=](const Tensor& in) {
    const Tensor flow = tg::narrow(in, 0, 1, n - 1) - tg::narrow(in, 0, 0, n - 1);
    const Tensor none = tg::zeros({1});
    return tg::cat({flow, none}) - tg::cat({none, flow}) - 0.1 * tg::pow(in, 4);
  };
  const Tensor x = tg::rand({n});
  const auto pattern = tg::sparse_jacobian(f, x).pattern;
  return {[=] { (void)tg::sparse_jacobian(f, x, {.pattern = pattern}); }, [=] { (void)f(x); }};
}

/// Gradients of 64 samples, beside the one of the batch.
Pair per_sample(int in, int hidden) {
  const nn::Sequential net{nn::Linear{in, hidden}, tg::relu, nn::Linear{hidden, hidden}, tg::relu,
                           nn::Linear{hidden, 10}};
  const Tensor x = tg::randn({64, in}), t = tg::randint(0, 10, {64});
  const auto loss = [](const Tensor& y, const Tensor& c) { return tg::cross_entropy(y, c); };
  return {[=] { (void)nn::per_sample_grad(net, loss, x, t); },
          [=] {
            nn::zero_grad(net);
            loss(net(x), t).backward();
          }};
}

}  // namespace

void add_transform_cases(Cases& cases) {
  add(cases, "transforms: Jacobian, 300 outputs by 26 inputs", " (at most 30)", 10, tall_jacobian);
  add(cases, "transforms: Hessian of 50 inputs, by gradients", "", 10, whole_hessian);
  add(cases, "transforms: banded Jacobian of 10,000 by 10,000", "", 2, banded_jacobian);
  for (const auto& [in, hidden] : {std::pair{16, 16}, {64, 64}, {784, 128}})
    add(cases,
        fmt::format("transforms: gradients of 64 samples, MLP {}-{}-{}-10", in, hidden, hidden),
        " (goal 3)", 2, [in = in, hidden = hidden] { return per_sample(in, hidden); });
}

}  // namespace bench
