#pragma once

#include <functional>
#include <optional>
#include <vector>

namespace bench {

/// Repeated measurements of one thing.
struct Figure {
  double median = 0;
  double spread = 0;  ///< the middle half of the values, as a share of the median
};

/// Of measured values, of which there must be one. Errors: `std::runtime_error`.
Figure figure_of(std::vector<double> values);

/// What is timed against each other. Empty ones are not there.
struct Subjects {
  std::function<void()> ours, torch, bound;
};

struct Figures {
  std::optional<Figure> ours, torch, bound;
};

/// The time of a program that computes on one thread is its processor time, which leaves out most
/// of what other programs do to it; with more threads, and where it waits, it is that of the clock.
enum class Clock { processor, wall };

/// How to measure.
struct Effort {
  double seconds = 0.003;  ///< of one repetition
  int repetitions = 41;
  Clock clock = Clock::processor;
};

/// Times the subjects in seconds per call, by many short repetitions in a random order, so that
/// what else the machine does meets all of them. Calls that take long are repeated less often.
Figures time_subjects(const Subjects& subjects, const Effort& effort);

}  // namespace bench
