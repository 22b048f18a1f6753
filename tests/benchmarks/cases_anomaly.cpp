#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/stages.h"

// What a training step takes while somebody looks for NaN and infinities. Nothing fails because a
// machine is slow; the goal is in the names, of the sizes at which arithmetic counts and not the
// call of an operator.

namespace bench {

namespace {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

template <class Optimizer, class Options>
void add(Cases& cases, const char* kind, const Options& options, std::vector<int> widths, int batch,
         bool goal) {
  const std::string name =
      fmt::format("anomaly: MLP {}, {} rows, {}", fmt::join(widths, "-"), batch, kind);
  cases.push_back(
      {name, false, [=](const Setting& setting) {
         constexpr int kTimes = 10;  // so that the clock costs nothing
         tg::manual_seed(1);
         nn::Sequential net{nn::Linear(widths[0], widths[1]), tg::tanh,
                            nn::Linear(widths[1], widths[2]), tg::tanh,
                            nn::Linear(widths[2], widths[3])};
         Optimizer optimizer(nn::parameters(net), options);
         const tg::Tensor x = tg::randn({batch, widths[0]}), target = tg::zeros({batch}, tg::int64);
         const auto steps = [&] {
           for (int i = 0; i < kTimes; ++i) {
             optimizer.zero_grad();
             tg::cross_entropy(net(x), target).backward();
             optimizer.step();
           }
         };
         std::vector<Figure> times = time_stages(
             [&](StopWatch& watch) {
               watch.start();
               steps();
               watch.stop();
               const tg::DetectAnomaly anomaly;
               watch.start();
               steps();
               watch.stop();
             },
             setting.effort);
         for (Figure& time : times) time = per(time, kTimes);
         return Rows{{name + ", plain", {times[0], {}, {}}},
                     {name + ", within DetectAnomaly", {times[1], {}, {}}},
                     ratio(name + (goal ? ", ratio (at most 2)" : ", ratio"), times[1], times[0])};
       }});
}

}  // namespace

void add_anomaly_cases(Cases& cases) {
  const nn::SGDOptions sgd{.lr = 1e-3};
  const nn::AdamOptions adam{.lr = 1e-5};
  add<nn::SGD>(cases, "SGD", sgd, {784, 256, 256, 10}, 64, true);
  add<nn::Adam>(cases, "Adam", adam, {784, 256, 256, 10}, 64, true);
  add<nn::SGD>(cases, "SGD", sgd, {64, 64, 64, 10}, 32, true);
  add<nn::Adam>(cases, "Adam", adam, {64, 64, 64, 10}, 32, true);
  add<nn::SGD>(cases, "SGD", sgd, {4, 16, 16, 3}, 8, false);
}

}  // namespace bench
