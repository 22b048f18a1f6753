#include <algorithm>
#include <cmath>
#include <cstdint>

#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/random/logarithm.h"
#include "autograd/kernels/random/random.h"

// As in random.cpp, no function of the math library is called except those that are exact.

namespace tapegrad::kernels {
namespace {

/// Numbers in (0, 1) without end: the sequence of which 128 bits are seed and stream.
class UnitNumbers {
 public:
  explicit UnitNumbers(RandomPosition at) {
    const RandomBlock key = philox(at);
    at_ = {joined(key[0], key[1]), 0, joined(key[2], key[3])};
  }
  double next() {
    if (left_ == 0) {
      block_ = philox(at_);
      ++at_.offset;
      left_ = 2;
    }
    const std::size_t word = 2 * static_cast<std::size_t>(--left_);
    return centered(joined(block_[word], block_[word + 1])) + 0.5;
  }

 private:
  static std::uint64_t joined(std::uint32_t high, std::uint32_t low) {
    return std::uint64_t{high} << 32 | low;
  }
  RandomPosition at_;
  RandomBlock block_{};
  int left_ = 0;
};

/// How many events come before `rate`, where the times between them are exponential.
double counted_events(double rate, UnitNumbers& numbers) {
  double count = 0;
  for (double time = -log_of_normal(numbers.next()); time <= rate;
       time -= log_of_normal(numbers.next()))
    ++count;
  return count;
}

/// log(rate^k e^-rate / k!) for rate >= 10 and a whole k >= 0, without the difference of large
/// numbers: C. Loader, Fast and accurate computation of binomial probabilities (2000).
double log_probability(double k, double rate) {
  if (k < 16) {
    double factorial = 1;
    for (double i = 2; i <= k; ++i) factorial *= i;
    return k * log_of_normal(rate) - rate - log_of_normal(factorial);
  }
  // What Stirling's formula lacks of log(k!).
  const double inverse = 1 / k, square = inverse * inverse;
  const double lacks =
      inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
  // k log(k / rate) + rate - k.
  const double difference = k - rate;
  double deviance = 0;
  if (std::abs(difference) < 0.1 * (k + rate)) {
    const double v = difference / (k + rate);
    deviance = difference * v;
    double power = 2 * k * v;
    for (double i = 3; i < 100; i += 2) {
      power *= v * v;
      const double next = deviance + power / i;
      if (next == deviance) break;
      deviance = next;
    }
  } else {
    deviance = k * log_of_normal(k / rate) - difference;
  }
  return -lacks - deviance - 0.5 * log_of_normal(6.28318530717958647693 * k);
}

/// A candidate from a curve above the distribution, until one is below it.
double accepted_candidate(double rate, UnitNumbers& numbers) {
  const double b = 0.931 + 2.53 * std::sqrt(rate);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double surely = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const double u = numbers.next() - 0.5, v = numbers.next();
    const double side = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / side + b) * u + rate + 0.43);
    if (side >= 0.07 && v <= surely) return k;
    if (k < 0 || (side < 0.013 && v > side)) continue;
    if (log_of_normal(v * inverse_alpha / (a / (side * side) + b)) <= log_probability(k, rate))
      return k;
  }
}

template <class T>
std::uint64_t poisson(const T* rate, T* out, std::int64_t n, RandomPosition at) {
  constexpr std::int64_t length = tile_size(256);  // of a tile
  parallel_for(
      (n + length - 1) / length,
      [=](std::int64_t tile) {
        for (std::int64_t i = tile * length; i < std::min(n, (tile + 1) * length); ++i) {
          const double each = rate[i];
          UnitNumbers numbers({at.seed, at.offset + static_cast<std::uint64_t>(i), at.stream});
          out[i] = static_cast<T>(each < 10 ? counted_events(each, numbers)
                                            : accepted_candidate(each, numbers));
        }
      },
      64 * n);  // a number costs many of other operators'
  return static_cast<std::uint64_t>(n);
}

}  // namespace

std::uint64_t fill_poisson(const float* rate, float* out, std::int64_t n, RandomPosition at) {
  return poisson(rate, out, n, at);
}
std::uint64_t fill_poisson(const double* rate, double* out, std::int64_t n, RandomPosition at) {
  return poisson(rate, out, n, at);
}

}  // namespace tapegrad::kernels
