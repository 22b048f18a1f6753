#include "tests/benchmarks/measure.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

namespace {

/// Takes the repetitions from Google Benchmark as they are; its own tables know no ratios.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(Clock clock) : clock_(clock) {}

  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration)
        times_[run.run_name.function_name].push_back(
            (clock_ == Clock::wall ? run.real_accumulated_time : run.cpu_accumulated_time) /
            static_cast<double>(run.iterations));
  }

  Figure figure(const std::string& name) { return figure_of(times_[name]); }

 private:
  Clock clock_;
  std::map<std::string, std::vector<double>> times_;
};

/// Google Benchmark shuffles the repetitions of all that is registered when it is told so.
void start_google_benchmark() {
  static const bool once = [] {
    std::array<char*, 2> words{const_cast<char*>("tapegrad_benchmarks"),
                               const_cast<char*>("--benchmark_enable_random_interleaving=true")};
    int count = static_cast<int>(words.size());
    benchmark::Initialize(&count, words.data());
    return true;
  }();
  static_cast<void>(once);
}

double seconds_of(const std::function<void()>& call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Figure figure_of(std::vector<double> values) {
  if (values.empty()) throw std::runtime_error("nothing was measured");
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.5), (at(0.75) - at(0.25)) / at(0.5)};
}

Figures time_subjects(const Subjects& subjects, const Effort& effort) {
  start_google_benchmark();
  constexpr double kLong = 0.1;
  const std::array<std::pair<const char*, const std::function<void()>*>, 3> all{
      {{"ours", &subjects.ours}, {"torch", &subjects.torch}, {"bound", &subjects.bound}}};

  std::vector<benchmark::internal::Benchmark*> registered;
  double slowest = 0;
  for (const auto& [name, call] : all) {
    if (!*call) continue;
    (*call)();
    const double seconds = seconds_of(*call);
    const bool is_long = seconds > effort.seconds;
    auto* one = benchmark::RegisterBenchmark(name, [=, work = call](benchmark::State& state) {
      // Untimed: what ran before has filled the caches with its own data.
      if (!is_long) (*work)();
      for (auto _ : state) (*work)();
    });
    if (is_long)
      one->Iterations(1);
    else
      one->MinTime(effort.seconds);
    if (effort.clock == Clock::wall)
      one->UseRealTime();
    else
      one->MeasureProcessCPUTime();
    slowest = std::max(slowest, seconds);
    registered.push_back(one);
  }
  for (auto* one : registered)
    one->Repetitions(slowest > kLong ? std::min(7, effort.repetitions) : effort.repetitions);
  Collector collector(effort.clock);
  benchmark::RunSpecifiedBenchmarks(&collector, ".");
  benchmark::ClearRegisteredBenchmarks();

  Figures figures;
  if (subjects.ours) figures.ours = collector.figure("ours");
  if (subjects.torch) figures.torch = collector.figure("torch");
  if (subjects.bound) figures.bound = collector.figure("bound");
  return figures;
}

}  // namespace bench
