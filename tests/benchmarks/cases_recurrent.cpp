#include <autograd/autograd.h>
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/random_array.h"
#include "tests/benchmarks/recurrent.h"
#include "tests/benchmarks/stages.h"

namespace bench {

namespace {

/// A recurrence, what goes into it, and how many operators it records.
struct Recurrence {
  const char* expression;
  std::string title;
  int operators;
  bool large;
  std::vector<Array> (*inputs)();
};

std::vector<Array> small_arrays(const std::vector<std::vector<std::int64_t>>& shapes) {
  std::vector<Array> arrays;
  const double limit = 1 / std::sqrt(static_cast<double>(kCellWidth));
  for (const auto& shape : shapes) arrays.push_back(random_array(shape, -limit, limit));
  return arrays;
}

Recurrence oscillator(const char* expression, int steps, bool large) {
  const int operators = steps * kOscillatorOperators;
  return {expression, fmt::format("tape: Van der Pol, {} operators", operators), operators, large,
          [] {
            return std::vector<Array>{{{}, {1}}, {{}, {0.5}}, {{}, {0.5}}};
          }};
}

Recurrence cell(const char* expression, const char* name, int operators,
                std::vector<Array> (*inputs)()) {
  return {expression, fmt::format("tape: {}, {} steps", name, kCellSteps), kCellSteps * operators,
          false, inputs};
}

std::vector<Recurrence> recurrences() {
  constexpr std::int64_t n = kCellWidth;
  return {
      oscillator("van der pol, brief", 700, false),
      oscillator("van der pol", 7'111, true),
      cell("lstm of elements", "LSTM of elements", kElementLstmOperators,
           [] {
             return small_arrays({{n}, {n}, {n}, {n}, {n}, {n}, {n}, {n}, {n}, {n}, {n}});
           }),
      cell(
          "lstm of layers", "LSTM of linear layers", kLayerLstmOperators,
          [] {
            return small_arrays({{1, n}, {1, n}, {1, n}, {4 * n, n}, {4 * n}, {4 * n, n}, {4 * n}});
          }),
      cell("tanh cell", "tanh(W x + U h)", kTanhCellOperators,
           [] {
             return small_arrays({{1, n}, {1, n}, {n, n}, {n, n}});
           }),
  };
}

/// Seconds of recording and of walking back.
std::vector<Figure> time_halves(Side& side, const ExpressionSpec& spec, const Effort& effort) {
  const auto work = side.expression(spec);
  return time_stages(
      [&](StopWatch& watch) {
        watch.start();
        work->record();
        watch.stop();
        watch.start();
        work->walk();
        watch.stop();
      },
      effort);
}

Rows measure_halves(const Setting& setting, const std::string& name, const ExpressionSpec& spec) {
  const auto mine = time_halves(setting.ours, spec, setting.effort);
  Rows rows{{name + ", recorded", {mine[0], {}, {}}}, {name + ", walked back", {mine[1], {}, {}}}};
  if (setting.torch) {
    const auto theirs = time_halves(*setting.torch, spec, setting.effort);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].figures.torch = theirs[i];
  }
  return rows;
}

/// What a recorded graph holds.
Row measure_bytes(const Setting& setting, const std::string& name, const ExpressionSpec& spec,
                  int operators) {
  const auto work = setting.ours.expression(spec);
  const std::int64_t before = tapegrad::memory_stats().live_bytes;
  work->record();
  const auto bytes = static_cast<double>(tapegrad::memory_stats().live_bytes - before);
  return {name + ", bytes an operator", {Figure{bytes / operators}, {}, {}}, Unit::bytes};
}

}  // namespace

void add_recurrent_cases(Cases& cases) {
  for (const Recurrence& recurrence : recurrences()) {
    cases.push_back({recurrence.title, recurrence.large, [=](const Setting& setting) {
                       ExpressionSpec spec{recurrence.expression, Mode::backward};
                       spec.inputs = recurrence.inputs();
                       const std::string& name = recurrence.title;
                       Rows rows = measure_halves(setting, name, spec);
                       rows.push_back(measure_expression(setting, name + ", in all", spec, {}));
                       rows.push_back(measure_bytes(setting, name, spec, recurrence.operators));
                       return rows;
                     }});
  }
}

}  // namespace bench
