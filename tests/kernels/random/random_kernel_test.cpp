#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/random/random.h"
#include "tests/catch.h"

using namespace tapegrad::kernels;

namespace {

constexpr RandomPosition kHere{.seed = 42, .offset = 7};

template <class T>
std::vector<T> uniform(std::int64_t n, double low, double high, RandomPosition at = kHere) {
  std::vector<T> out(static_cast<std::size_t>(n));
  fill_uniform(out.data(), n, low, high, at);
  return out;
}

template <class T>
std::vector<T> normal(std::int64_t n, double mean = 0, double stddev = 1,
                      RandomPosition at = kHere) {
  std::vector<T> out(static_cast<std::size_t>(n));
  fill_normal(out.data(), n, mean, stddev, at);
  return out;
}

template <class T>
std::vector<T> bernoulli(std::int64_t n, double p, RandomPosition at = kHere) {
  std::vector<T> out(static_cast<std::size_t>(n));
  fill_bernoulli(out.data(), n, p, at);
  return out;
}

std::vector<std::int64_t> randint(std::int64_t n, std::int64_t low, std::int64_t high,
                                  RandomPosition at = kHere) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(n));
  fill_randint(out.data(), n, low, high, at);
  return out;
}

std::vector<std::int64_t> randperm(std::int64_t n, RandomPosition at = kHere) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(n));
  fill_randperm(out.data(), n, at);
  return out;
}

/// FNV-1a over all bytes: one changed bit changes it.
template <class T>
std::uint64_t fingerprint(const std::vector<T>& values) {
  std::uint64_t hash = 14695981039346656037u;
  for (const T& value : values) {
    std::array<unsigned char, sizeof(T)> bytes;
    std::memcpy(bytes.data(), &value, sizeof(T));
    for (unsigned char byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  }
  return hash;
}

/// Largest distance between the distribution of a sample and `cdf`, times sqrt(n) (Kolmogorov and
/// Smirnov). One sample in 100 exceeds 1.63.
template <class T, class Cdf>
double distance(std::vector<T> sample, Cdf cdf) {
  std::sort(sample.begin(), sample.end());
  const double n = static_cast<double>(sample.size());
  double largest = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double expected = cdf(static_cast<double>(sample[i]));
    const double below = static_cast<double>(i) / n;
    largest = std::max({largest, expected - below, below + 1 / n - expected});
  }
  return largest * std::sqrt(n);
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

/// Mean of (x - center)^power.
template <class T>
double moment(const std::vector<T>& sample, int power, double center = 0) {
  double sum = 0;
  for (T x : sample) sum += std::pow(static_cast<double>(x) - center, power);
  return sum / static_cast<double>(sample.size());
}

/// Sum of (observed - expected)^2 / expected over equally likely outcomes 0 .. outcomes-1.
double chi_square(const std::vector<std::int64_t>& sample, std::int64_t outcomes) {
  std::vector<double> counts(static_cast<std::size_t>(outcomes));
  for (std::int64_t x : sample) ++counts[static_cast<std::size_t>(x)];
  const double expected = static_cast<double>(sample.size()) / static_cast<double>(outcomes);
  double sum = 0;
  for (double count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

template <class T>
bool is_prefix(const std::vector<T>& shorter, const std::vector<T>& longer) {
  return std::equal(shorter.begin(), shorter.end(), longer.begin());
}

constexpr std::int64_t kMany = 200'000;

}  // namespace

TEST_CASE("Philox gives the published words", "[random]") {
  // kat_vectors of Random123 1.14, "philox4x32 10". There the counter's words are offset and
  // stream.
  CHECK(philox({}) == RandomBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint64_t ones = std::numeric_limits<std::uint64_t>::max();
  CHECK(philox({ones, ones, ones}) == RandomBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({.seed = 0x299f31d0a4093822,
                .offset = 0x85a308d3243f6a88,
                .stream = 0x0370734413198a2e}) ==
        RandomBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("fills use the words of Philox in order", "[random]") {
  const auto floats = uniform<float>(400, 0, 1);
  const auto doubles = uniform<double>(200, 0, 1);
  for (std::size_t i = 0; i < 400; ++i) {
    RandomPosition at = kHere;
    at.offset += i / 4;
    CHECK(floats[i] == static_cast<float>(philox(at)[i % 4] >> 8) / 16777216.0f);
  }
  for (std::size_t i = 0; i < 200; ++i) {
    RandomPosition at = kHere;
    at.offset += i / 2;
    const RandomBlock block = philox(at);
    const double upper = block[2 * (i % 2)] >> 5, lower = block[2 * (i % 2) + 1] >> 6;
    CHECK(doubles[i] == std::ldexp(std::ldexp(upper, 26) + lower, -53));
  }
}

TEST_CASE("the offset counts blocks, also past 2^32 and around 2^64", "[random]") {
  for (std::uint64_t offset : {std::uint64_t{0xFFFFFFFE}, ~std::uint64_t{0} - 1}) {
    const auto all = uniform<float>(64, 0, 1, {.seed = 1, .offset = offset});
    for (std::uint64_t block = 0; block < 16; ++block) {
      const auto part = uniform<float>(4, 0, 1, {.seed = 1, .offset = offset + block});
      CHECK(std::equal(part.begin(), part.end(), all.begin() + static_cast<long>(4 * block)));
    }
  }
}

TEST_CASE("every fill says how many blocks it used", "[random]") {
  std::vector<float> f(10);
  std::vector<double> d(10);
  std::vector<std::int64_t> i(10);
  std::array<bool, 10> b{};
  CHECK(fill_uniform(f.data(), 0, 0, 1, kHere) == 0);
  CHECK(fill_uniform(f.data(), 1, 0, 1, kHere) == 1);
  CHECK(fill_uniform(f.data(), 4, 0, 1, kHere) == 1);
  CHECK(fill_uniform(f.data(), 5, 0, 1, kHere) == 2);
  CHECK(fill_uniform(d.data(), 5, 0, 1, kHere) == 3);
  CHECK(fill_normal(f.data(), 9, 0, 1, kHere) == 3);
  CHECK(fill_normal(d.data(), 9, 0, 1, kHere) == 5);
  CHECK(fill_randint(i.data(), 9, 0, 5, kHere) == 9);
  CHECK(fill_randperm(i.data(), 9, kHere) == 9);
  for (double p : {0.0, 0.5, 1.0}) {
    CHECK(fill_bernoulli(f.data(), 9, p, kHere) == 3);
    CHECK(fill_bernoulli(d.data(), 9, p, kHere) == 3);
    CHECK(fill_bernoulli(b.data(), 9, p, kHere) == 3);
  }
}

TEST_CASE("a shorter fill is a prefix of a longer one", "[random]") {
  for (std::int64_t n : {1, 2, 3, 15, 16, 63, 255, 257, 16385}) {
    CAPTURE(n);
    CHECK(is_prefix(uniform<float>(n, -1, 1), uniform<float>(n + 1, -1, 1)));
    CHECK(is_prefix(uniform<double>(n, -1, 1), uniform<double>(n + 1, -1, 1)));
    CHECK(is_prefix(normal<float>(n), normal<float>(n + 1)));
    CHECK(is_prefix(normal<double>(n), normal<double>(n + 1)));
    CHECK(is_prefix(bernoulli<float>(n, 0.3), bernoulli<float>(n + 1, 0.3)));
    CHECK(is_prefix(randint(n, 0, 10), randint(n + 1, 0, 10)));
  }
}

TEST_CASE("nothing is written beyond the end", "[random]") {
  for (std::int64_t n : {0, 1, 5, 255, 258}) {
    std::vector<float> f(static_cast<std::size_t>(n + 1), -7);
    fill_normal(f.data(), n, 0, 1, kHere);
    CHECK(f.back() == -7);
    std::vector<std::int64_t> i(static_cast<std::size_t>(n + 1), -7);
    fill_randint(i.data(), n, 0, 10, kHere);
    CHECK(i.back() == -7);
  }
}

TEST_CASE("the number of threads changes no bit", "[random]") {
  const auto print = [] {
    return std::array{fingerprint(uniform<float>(kMany, -1, 3)),
                      fingerprint(uniform<double>(kMany, -1, 3)),
                      fingerprint(normal<float>(kMany)),
                      fingerprint(normal<double>(kMany)),
                      fingerprint(bernoulli<float>(kMany, 0.3)),
                      fingerprint(randint(kMany, -5, 1000)),
                      fingerprint(randperm(kMany))};
  };
  const auto expected = print();
  for (int n : {2, 3, 8}) {
    tapegrad::set_num_threads(n);
    CHECK(print() == expected);
  }
  tapegrad::set_num_threads(1);
}

TEST_CASE("the numbers of a seed never change", "[random]") {
  // These bits are a promise to users: they must be the same for every compiler, processor and
  // version.
  CHECK(uniform<float>(3, 0, 1) == std::vector{0.358360469f, 0.408085585f, 0.0903381705f});
  CHECK(uniform<double>(3, 0, 1) ==
        std::vector{0.35836050963465582, 0.090338209132307723, 0.54800906877489364});
  CHECK(normal<float>(4) == std::vector{0.295679271f, -1.40178645f, 0.759964764f, 2.05690122f});
  CHECK(normal<double>(4) == std::vector{-0.30954699084768644, 1.3987895599596887,
                                         -1.0761251716901641, 0.21185249874650103});
  CHECK(bernoulli<float>(8, 0.5) == std::vector<float>{1, 1, 1, 1, 0, 1, 0, 1});
  CHECK(randint(5, 0, 100) == std::vector<std::int64_t>{35, 54, 26, 52, 32});
  CHECK(randperm(8) == std::vector<std::int64_t>{4, 0, 6, 5, 7, 1, 3, 2});
  CHECK(fingerprint(uniform<float>(kMany, -0.1, 0.3)) == 0xbb93983ed750351c);
  CHECK(fingerprint(uniform<double>(kMany, -0.1, 0.3)) == 0xb57dc4a986754757);
  CHECK(fingerprint(normal<float>(kMany, 0.1, 0.3)) == 0xe71ed44436bbb30a);
  CHECK(fingerprint(normal<double>(kMany, 0.1, 0.3)) == 0xa37e051e40b08090);
}

TEST_CASE("another seed, stream or offset gives other numbers", "[random]") {
  const auto base = uniform<double>(100, 0, 1, {1, 2, 3});
  for (RandomPosition other : {RandomPosition{2, 2, 3}, {1, 1000, 3}, {1, 2, 4}}) {
    const auto numbers = uniform<double>(100, 0, 1, other);
    int equal = 0;
    for (std::size_t i = 0; i < 100; ++i) equal += numbers[i] == base[i];
    CHECK(equal == 0);
  }
}

TEMPLATE_TEST_CASE("uniform numbers are uniform", "[random]", float, double) {
  const auto sample = uniform<TestType>(kMany, -2, 3);
  CHECK(distance(sample, [](double x) { return (x + 2) / 5; }) < 1.63);
  CHECK(moment(sample, 1) == Approx(0.5).margin(0.01));
  CHECK(moment(sample, 2, 0.5) == Approx(25.0 / 12).margin(0.02));
}

TEMPLATE_TEST_CASE("uniform numbers stay below the upper end", "[random]", float, double) {
  const auto inside = [](const std::vector<TestType>& sample, double low, double high) {
    return std::all_of(sample.begin(), sample.end(), [&](TestType x) {
      return x >= static_cast<TestType>(low) && x < static_cast<TestType>(high);
    });
  };
  CHECK(inside(uniform<TestType>(kMany, 0, 1), 0, 1));
  CHECK(inside(uniform<TestType>(kMany, -1, 1), -1, 1));
  // Few numbers lie in these ranges, so that most results are rounded, half of them up.
  const double next = static_cast<double>(std::nextafter(TestType{1}, TestType{2}));
  CHECK(inside(uniform<TestType>(kMany, 1, next), 1, next));
  CHECK(inside(uniform<TestType>(kMany, 1, 1 + 3 * (next - 1)), 1, 1 + 3 * (next - 1)));
  CHECK(inside(uniform<TestType>(kMany, -1e30, -1e30 * 0.999999), -1e30, -1e30 * 0.999999));
  CHECK(uniform<TestType>(3, 2.5, 2.5) == std::vector<TestType>(3, TestType{2.5}));
}

TEMPLATE_TEST_CASE("normal numbers are normal", "[random]", float, double) {
  const auto sample = normal<TestType>(kMany);
  CHECK(distance(sample, normal_cdf) < 1.63);
  CHECK(moment(sample, 1) == Approx(0).margin(0.01));
  CHECK(moment(sample, 2) == Approx(1).margin(0.015));
  CHECK(moment(sample, 3) == Approx(0).margin(0.03));
  CHECK(moment(sample, 4) == Approx(3).margin(0.1));
  const auto scaled = normal<TestType>(kMany, 5, 0.25);
  CHECK(moment(scaled, 1) == Approx(5).margin(0.003));
  CHECK(moment(scaled, 2, 5) == Approx(0.0625).margin(0.001));
}

TEST_CASE("the two normal numbers of a pair are independent", "[random]") {
  const auto sample = normal<double>(kMany);
  double product = 0, squares = 0;
  std::vector<std::int64_t> quadrant_and_octant;
  for (std::size_t i = 0; i < sample.size(); i += 2) {
    const double x = sample[i], y = sample[i + 1];
    product += x * y;
    squares += (x * x - 1) * (y * y - 1);
    quadrant_and_octant.push_back((x < 0) + 2 * (y < 0) + 4 * (std::abs(x) < std::abs(y)));
  }
  const double pairs = static_cast<double>(sample.size()) / 2;
  CHECK(product / pairs == Approx(0).margin(0.01));
  CHECK(squares / pairs == Approx(0).margin(0.02));
  CHECK(chi_square(quadrant_and_octant, 8) < 18.5);  // 7 degrees of freedom, 1 %
}

TEST_CASE("normal numbers agree with the formula of Box and Muller", "[random]") {
  const auto doubles = normal<double>(20'000);
  const auto floats = normal<float>(40'000);
  double worst_double = 0, worst_float = 0;
  const auto reference = [](double u, double turn, bool exchange, bool left, std::size_t which) {
    const double radius = std::sqrt(-2 * std::log(u));
    const double sine = std::sin(turn * std::numbers::pi / 2);
    const double cosine = (left ? -1 : 1) * std::cos(turn * std::numbers::pi / 2);
    return radius * ((which == 0) != exchange ? sine : cosine);
  };
  const auto error = [](double value, double expected) {
    return std::abs(value - expected) / std::abs(expected);
  };
  for (std::size_t i = 0; i < floats.size(); ++i) {
    RandomPosition at = kHere;
    at.offset += i / 4;
    const RandomBlock block = philox(at);
    const std::uint32_t radius = block[i % 4 / 2 * 2], direction = block[i % 4 / 2 * 2 + 1];
    const double u = std::ldexp(radius + 0.5, -32);
    const double turn = std::ldexp((direction & 0x3FFFFFFF) + 0.5, -30) - 0.5;
    const double expected = reference(u, turn, direction >> 31, direction >> 30 & 1, i % 2);
    worst_float = std::max(worst_float, error(static_cast<double>(floats[i]), expected));
  }
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    RandomPosition at = kHere;
    at.offset += i / 2;
    const RandomBlock block = philox(at);
    const std::uint64_t radius = std::uint64_t{block[0]} << 32 | block[1];
    const std::uint64_t direction = std::uint64_t{block[2]} << 32 | block[3];
    const double u = std::ldexp(static_cast<double>(radius >> 12) + 0.5, -52);
    const double turn = std::ldexp(static_cast<double>(direction << 2 >> 12) - 0x1p51 + 0.5, -52);
    const double expected = reference(u, turn, direction >> 63, direction >> 62 & 1, i % 2);
    worst_double = std::max(worst_double, error(doubles[i], expected));
  }
  CHECK(worst_float < 6.1e-8);    // half a unit in the last place: rounded once
  CHECK(worst_double < 1.1e-15);  // five units: log, square root, angle, sine and product
}

TEST_CASE("bernoulli gives ones with probability p", "[random]") {
  for (double p : {0.001, 0.1, 0.5, 0.9}) {
    const double deviation = std::sqrt(p * (1 - p) / static_cast<double>(kMany));
    CHECK(moment(bernoulli<float>(kMany, p), 1) == Approx(p).margin(3 * deviation));
  }
  CHECK(moment(bernoulli<float>(kMany, 0), 1) == 0);
  CHECK(moment(bernoulli<float>(kMany, 1), 1) == 1);
  CHECK(moment(bernoulli<float>(kMany, 1e-12), 1) == 0);
}

TEST_CASE("bernoulli gives the same ones for every element type", "[random]") {
  const auto floats = bernoulli<float>(1000, 0.3);
  const auto doubles = bernoulli<double>(1000, 0.3);
  std::array<bool, 1000> bools{};
  fill_bernoulli(bools.data(), 1000, 0.3, kHere);
  CHECK(std::equal(floats.begin(), floats.end(), doubles.begin()));
  CHECK(std::equal(floats.begin(), floats.end(), bools.begin()));
}

TEST_CASE("randint is uniform over its range and keeps to it", "[random]") {
  CHECK(chi_square(randint(kMany, 0, 10), 10) < 21.7);      // 9 degrees of freedom, 1 %
  CHECK(chi_square(randint(kMany, 0, 1000), 1000) < 1106);  // 999
  const auto small = randint(1000, -3, 4);
  CHECK(*std::min_element(small.begin(), small.end()) == -3);
  CHECK(*std::max_element(small.begin(), small.end()) == 3);
  CHECK(randint(5, 8, 9) == std::vector<std::int64_t>(5, 8));
}

TEST_CASE("randint takes ranges of up to 2^64 - 1 numbers without bias", "[random]") {
  constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
  constexpr auto highest = std::numeric_limits<std::int64_t>::max();
  const double width = std::ldexp(1, 64);
  CHECK(distance(randint(kMany, lowest, highest), [&](double x) { return x / width + 0.5; }) <
        1.63);
  // 3 * 2^62 numbers: 64 random bits would give a third of them twice as often.
  constexpr std::int64_t low = lowest, high = lowest / 2 * -1;
  CHECK(distance(randint(kMany, low, high), [&](double x) {
          return (x - static_cast<double>(low)) / std::ldexp(3, 62);
        }) < 1.63);
}

TEST_CASE("randperm gives permutations, all equally likely", "[random]") {
  for (std::int64_t n : {0, 1, 2, 63, 64, 65, 1000}) {
    auto permutation = randperm(n);
    std::sort(permutation.begin(), permutation.end());
    std::vector<std::int64_t> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    CHECK(permutation == all);
  }
  std::vector<std::int64_t> ranks;
  for (std::uint64_t i = 0; i < 24'000; ++i) {
    const auto p = randperm(4, {.seed = 3, .offset = 4 * i});
    std::int64_t rank = 0;  // Lehmer code, 0 .. 23
    for (std::size_t a = 0; a < 4; ++a) {
      std::int64_t smaller_after = 0;
      for (std::size_t b = a + 1; b < 4; ++b) smaller_after += p[b] < p[a];
      rank = rank * static_cast<std::int64_t>(4 - a) + smaller_after;
    }
    ranks.push_back(rank);
  }
  CHECK(chi_square(ranks, 24) < 41.6);  // 23 degrees of freedom, 1 %
}
