#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/benchmarks/measure.h"
#include "tests/benchmarks/table.h"

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

/// The time of one of `count` equal pieces.
inline Figure per(Figure figure, double count) { return {figure.median / count, figure.spread}; }

/// A line that says how many times `b` the time `a` is.
inline Row ratio(const std::string& name, const Figure& a, const Figure& b) {
  return {name, {Figure{a.median / b.median}, {}, {}}, Unit::count};
}

}  // namespace bench
