#include <fmt/format.h>

#include <cstdlib>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/malloc_count.h"
#include "tests/benchmarks/network_table.h"

namespace bench {

namespace {

void run(Work& work, int times) {
  for (int i = 0; i < times; ++i) work.run();
}

/// The most that is in use during some steps, beyond what was before there was a network. What lies
/// idle between the blocks in use is in neither library's figure.
Figure peak_of(Side& side, const NetworkSpec& spec, const NetworkData& data) {
  constexpr int kSteps = 5;
  // What a library makes once for the whole program is no part of a step.
  run(*side.step(spec, data, kStandStill), 1);
  side.use_malloc(true);
  CountMallocs mallocs;
  auto work = side.step(spec, data, kStandStill);
  mallocs.restart_peak();
  run(*work, kSteps);
  const auto peak = static_cast<double>(mallocs.counts().peak_bytes);
  work.reset();
  side.use_malloc(false);
  return {peak};
}

/// By how much it grows in ten thousand steps.
Figure growth_of(Side& side, const NetworkSpec& spec, const NetworkData& data) {
  constexpr int kWarm = 100, kSteps = 10'000;
  CountMallocs mallocs;
  const auto work = side.step(spec, data, kStandStill);
  run(*work, kWarm);
  const std::int64_t before = mallocs.counts().live_bytes + side.beside_malloc();
  run(*work, kSteps);
  return {static_cast<double>(mallocs.counts().live_bytes + side.beside_malloc() - before)};
}

/// Calls of malloc in a step, when the first ones are over.
Figure mallocs_of(Side& side, const NetworkSpec& spec, const NetworkData& data) {
  constexpr int kWarm = 20, kSteps = 50;
  const auto work = side.step(spec, data, kStandStill);
  run(*work, kWarm);
  const CountMallocs mallocs;
  run(*work, kSteps);
  return {static_cast<double>(mallocs.counts().calls) / kSteps};
}

using Count = Figure (*)(Side&, const NetworkSpec&, const NetworkData&);

Case count_case(const NetworkSpec& spec, const std::string& what, Unit unit, bool large,
                Count count, bool is_bounded) {
  const std::string name = fmt::format("{}, {}: {}", spec.name, name_of(spec.optimizer), what);
  return {name, large, [=](const Setting& setting) {
            const NetworkData data = random_network(spec);
            Row row{name, {}, unit};
            row.figures.ours = count(setting.ours, spec, data);
            if (setting.torch) row.figures.torch = count(*setting.torch, spec, data);
            if (is_bounded) {
              // Parameters, gradients, what the optimizer keeps for each, and the batch.
              const int kept[] = {0, 1, 2};
              const double numbers = static_cast<double>(
                  parameter_count(spec) * (2 + kept[static_cast<int>(spec.optimizer)]) +
                  spec.batch * spec.widths.front());
              row.figures.bound = Figure{numbers * sizeof(float)};
            }
            return row;
          }};
}

}  // namespace

void add_memory_cases(Cases& cases) {
  if (!mallocs_are_counted()) return;
  for (NetworkSpec spec : networks()) {
    const bool large = spec.name == "D256" || spec.name == "G500" || spec.name == "C128";
    for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam}) {
      spec.optimizer = optimizer;
      cases.push_back(count_case(spec, "peak memory", Unit::bytes, large, peak_of, true));
      cases.push_back(count_case(spec, "mallocs in a step", Unit::count, large, mallocs_of, false));
    }
  }
  for (const char* name : {"A1", "E1", "B32"}) {
    NetworkSpec spec = network(name);
    spec.optimizer = Optimizer::adam;
    cases.push_back(count_case(spec, "growth in 10,000 steps", Unit::bytes, spec.name == "B32",
                               growth_of, false));
  }
}

}  // namespace bench
