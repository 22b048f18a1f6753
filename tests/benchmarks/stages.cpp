#include "tests/benchmarks/stages.h"

#include <time.h>

#include <algorithm>
#include <future>
#include <numeric>

namespace bench {

namespace {

std::vector<Figure> time_here(const std::function<void(StopWatch&)>& call, const Effort& effort) {
  constexpr double kLong = 0.1, kVeryLong = 1;
  StopWatch warm(effort.clock);
  call(warm);
  const double seconds = std::accumulate(warm.times().begin(), warm.times().end(), 0.0);
  const int most = seconds > kVeryLong ? 3 : seconds > kLong ? 7 : effort.repetitions;

  std::vector<std::vector<double>> stages(warm.times().size());
  for (int i = 0; i < std::min(most, effort.repetitions); ++i) {
    StopWatch watch(effort.clock);
    call(watch);
    for (std::size_t k = 0; k < stages.size(); ++k) stages[k].push_back(watch.times().at(k));
  }
  std::vector<Figure> figures;
  for (std::vector<double>& times : stages) figures.push_back(figure_of(std::move(times)));
  return figures;
}

}  // namespace

double StopWatch::now() const {
  timespec time;
  clock_gettime(clock_ == Clock::wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::vector<Figure> time_stages(const std::function<void(StopWatch&)>& call, const Effort& effort) {
  return std::async(std::launch::async, [&] { return time_here(call, effort); }).get();
}

}  // namespace bench
