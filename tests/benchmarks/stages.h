#pragma once

#include <functional>
#include <vector>

#include "tests/benchmarks/measure.h"

namespace bench {

/// Stops the time between the stages of a call.
class StopWatch {
 public:
  explicit StopWatch(Clock clock) : clock_(clock) {}
  /// Begins a stage.
  void start() { begin_ = now(); }
  /// Ends the stage that was begun.
  void stop() { times_.push_back(now() - begin_); }
  const std::vector<double>& times() const { return times_; }

 private:
  double now() const;
  Clock clock_;
  double begin_ = 0;
  std::vector<double> times_;
};

/// Times the stages of `call` in seconds, each apart, which `time_subjects` cannot: a graph can be
/// walked back only after it was recorded. A call passes through the same stages each time. It runs
/// on a thread of its own, since what earlier cases freed, and in which order, is with theirs.
std::vector<Figure> time_stages(const std::function<void(StopWatch&)>& call, const Effort& effort);

}  // namespace bench
