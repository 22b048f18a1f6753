// Usage: tapegrad_overhead CASE COUNT
//
// Runs one of the cases below COUNT times and nothing else: for `instructions`, which counts what
// they execute. Without arguments it names the cases, and how many operators or steps each run is.

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <memory>
#include <string_view>

#include "tests/benchmarks/expressions.h"
#include "tests/benchmarks/network_table.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/random_array.h"

namespace {

using namespace bench;

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
