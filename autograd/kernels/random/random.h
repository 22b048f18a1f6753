#pragma once

#include <array>
#include <cstdint>

namespace tapegrad::kernels {

/// Four independent, uniformly distributed 32-bit words.
using RandomBlock = std::array<std::uint32_t, 4>;

/// Where a fill reads the random sequence: the sequences of two seeds or two streams are
/// independent, and `offset` is the first block that is used. To go on, add the number of blocks
/// that the fill returned.
struct RandomPosition {
  std::uint64_t seed = 0;
  std::uint64_t offset = 0;
  std::uint64_t stream = 0;
};

/// One block of the counter-based generator Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel
/// random numbers: as easy as 1, 2, 3", SC 2011): the key is the seed, the counter is offset and
/// stream.
RandomBlock philox(RandomPosition position) noexcept;

// All fills: element i depends only on the position and on i, so that a shorter fill is a prefix of
// a longer one, and the bits are the same on every platform and for every number of threads. Each
// returns the number of blocks that it used, which depends on n alone. n >= 0.

/// Uniform in [low, high), a multiple of 2^-24 (float) or 2^-53 (double) of the range; never
/// `high`, unless low == high. Requires low <= high and a finite high - low in the element type.
std::uint64_t fill_uniform(float* out, std::int64_t n, double low, double high, RandomPosition at);
std::uint64_t fill_uniform(double* out, std::int64_t n, double low, double high, RandomPosition at);

/// Normally distributed with the given mean and standard deviation, by the method of Box and Muller
/// ("A note on the generation of random normal deviates", 1958). No number is further from the mean
/// than 6.8 (float) or 8.6 (double) standard deviations.
std::uint64_t fill_normal(float* out, std::int64_t n, double mean, double stddev,
                          RandomPosition at);
std::uint64_t fill_normal(double* out, std::int64_t n, double mean, double stddev,
                          RandomPosition at);

/// Exponentially distributed with mean 1 / rate: -log(u) / rate. Requires rate > 0.
std::uint64_t fill_exponential(float* out, std::int64_t n, double rate, RandomPosition at);
std::uint64_t fill_exponential(double* out, std::int64_t n, double rate, RandomPosition at);

/// Numbers of events in a time in which `rate[i]` are to be expected (Poisson), as whole numbers:
/// below 10 by counting events that are apart as `fill_exponential` says, else by W. Hoermann, The
/// transformed rejection method for generating Poisson random variables (1993), algorithm PTRS.
/// Requires finite rates >= 0.
std::uint64_t fill_poisson(const float* rate, float* out, std::int64_t n, RandomPosition at);
std::uint64_t fill_poisson(const double* rate, double* out, std::int64_t n, RandomPosition at);

/// 1 with probability p, otherwise 0. p is rounded to a multiple of 2^-32; 0 and 1 are exact.
/// The three element types give the same ones.
std::uint64_t fill_bernoulli(bool* out, std::int64_t n, double p, RandomPosition at);
std::uint64_t fill_bernoulli(float* out, std::int64_t n, double p, RandomPosition at);
std::uint64_t fill_bernoulli(double* out, std::int64_t n, double p, RandomPosition at);

/// Whole numbers in [low, high), each with probability 1 / (high - low) within a relative 2^-64.
/// Requires low < high; any such range of 64-bit numbers will do.
std::uint64_t fill_randint(std::int64_t* out, std::int64_t n, std::int64_t low, std::int64_t high,
                           RandomPosition at);

/// A permutation of 0 .. n-1, by the shuffle of Fisher and Yates. Not a prefix of a longer one.
std::uint64_t fill_randperm(std::int64_t* out, std::int64_t n, RandomPosition at);

}  // namespace tapegrad::kernels
