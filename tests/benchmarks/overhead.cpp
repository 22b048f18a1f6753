// Usage: tapegrad_overhead CASE COUNT
//
// Runs one of the cases below COUNT times and nothing else: for `instructions`, which counts what
// they execute. Without arguments it names the cases, and how many operators or steps each run is.

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <memory>
#include <string_view>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/benchmarks/expressions.h"
#include "tests/benchmarks/network_table.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/random_array.h"

namespace {

using namespace bench;
namespace tg = tapegrad;
namespace nn = tapegrad::nn;

std::unique_ptr<Work> chain(Mode mode) {
  constexpr std::int64_t kElements = 16;
  ExpressionSpec spec{"chain", mode};
  spec.inputs = {random_array({kElements}, 0.9, 1.1), random_array({kElements}, 0.9999, 1.0001)};
  spec.upstream = random_array({kElements});
  return ours().expression(spec);
}

std::unique_ptr<Work> step(const char* name, Optimizer optimizer) {
  NetworkSpec spec = network(name);
  spec.optimizer = optimizer;
  return ours().step(spec, random_network(spec), kStandStill);
}

/// A function of ours as work, for what has no counterpart in the table.
class Calls : public Work {
 public:
  explicit Calls(std::function<void()> call) : call_(std::move(call)) {}
  void run() override { call_(); }
  std::vector<Array> results() override { return {}; }

 private:
  std::function<void()> call_;
};

/// layer_norm of 8 rows of 64, and its rules.
std::unique_ptr<Work> layer_norm() {
  const tg::Tensor x = tg::rand({8, 64}).requires_grad_();
  return std::make_unique<Calls>([x, layer = nn::LayerNorm(64)]() mutable {
    layer(x).sum().backward();
    zero_grad(layer);
    tg::Tensor(x).zero_grad();
  });
}

/// Four steps of a recurrent cell, whose gates are pieces of one product, and back.
std::unique_ptr<Work> recurrent_cell() {
  const tg::Tensor x = tg::rand({4, 2, 8});
  return std::make_unique<Calls>([x, gates = nn::Linear(16, 24)]() mutable {
    tg::Tensor h = tg::zeros({2, 8});
    for (int t = 0; t < 4; ++t) {
      const std::vector<tg::Tensor> part = tg::split(gates(tg::cat({x[t], h}, 1)), 8, 1);
      const tg::Tensor keep = tg::sigmoid(part[0]);
      h = keep * h + (1 - keep) * tg::tanh(part[1]) * tg::sigmoid(part[2]);
    }
    h.sum().backward();
    zero_grad(gates);
  });
}

/// An epoch of 16 shuffled batches of 4 rows.
std::unique_ptr<Work> data_loader() {
  nn::TensorDataset rows(tg::rand({64, 8}), tg::zeros({64}, tg::int64));
  return std::make_unique<Calls>(
      [loader = nn::DataLoader(rows, {.batch_size = 4, .shuffle = true})]() mutable {
        for (auto [x, y] : loader) {
        }
      });
}

/// A step of 64-64-64-10 with 16 rows, watched by a doctor: it looks closely at one in 16.
std::unique_ptr<Work> doctor_step() {
  struct Training {
    nn::Sequential net{nn::Linear{64, 64}, tg::relu, nn::Linear{64, 64}, tg::relu,
                       nn::Linear{64, 10}};
    nn::SGD optimizer{nn::parameters(net), {.lr = 0.01}};
    nn::Doctor doctor{net, optimizer};
    tg::Tensor x = tg::rand({16, 64}), y = tg::randint(0, 10, {16});
  };
  return std::make_unique<Calls>([training = std::make_shared<Training>()] {
    auto& [net, optimizer, doctor, x, y] = *training;
    const auto look = doctor.step(x, y);
    optimizer.zero_grad();
    tg::cross_entropy(net(x), y).backward();
    optimizer.step();
  });
}

struct Case {
  std::string_view name;
  int per;  ///< operators or steps in a run
  std::unique_ptr<Work> (*make)();
};

constexpr Case kCases[] = {
    {"chain_not_recorded", kChain, [] { return chain(Mode::no_grad); }},
    {"chain_recorded", kChain, [] { return chain(Mode::recorded); }},
    {"chain_backward", kChain, [] { return chain(Mode::backward); }},
    {"A1_sgd", 1, [] { return step("A1", Optimizer::sgd); }},
    {"A1_adam", 1, [] { return step("A1", Optimizer::adam); }},
    {"E1_sgd", 1, [] { return step("E1", Optimizer::sgd); }},
    {"layer_norm", 1, layer_norm},
    {"recurrent_cell", 1, recurrent_cell},
    {"data_loader", 16, data_loader},
    {"doctor_step", 1, doctor_step},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    for (const Case& one : kCases) fmt::print("{} {}\n", one.name, one.per);
    return 0;
  }
  const std::string_view name = argv[1], digits = argc > 2 ? argv[2] : "";
  int count = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), count);
  for (const Case& one : kCases) {
    if (one.name != name || error != std::errc() || end != digits.end()) continue;
    const auto work = one.make();
    for (int i = 0; i < count; ++i) work->run();
    return 0;
  }
  fmt::print(stderr, "usage: tapegrad_overhead CASE COUNT\n");
  return 2;
}
