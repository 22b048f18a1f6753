#include "autograd/kernels/simd/simd.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "autograd/kernels/simd/cpu.h"
#include "tests/catch.h"

using namespace tapegrad::kernels;

namespace {

// Build this file with -mavx2 -mfma or the AVX-512 flags to test those instruction sets.
using Arch = xsimd::default_arch;

template <class T>
using V = Vec<T, Arch>;

template <class T>
constexpr T kInf = std::numeric_limits<T>::infinity();
template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

/// Distance of `got` from `exact` in units of the last place of T at `exact`; infinite when one is
/// NaN or of the wrong sign at zero.
template <class T>
double ulps(T got, long double exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(exact) || std::isnan(got))
    return std::isnan(exact) && std::isnan(got) ? 0 : INFINITY;
  const T rounded = static_cast<T>(exact);
  if (got == rounded) return std::signbit(got) == std::signbit(rounded) ? 0 : INFINITY;
  if (std::isinf(exact)) return INFINITY;
  if (std::isinf(got))
    return std::abs(exact) >= static_cast<long double>(Limits::max()) ? 1 : INFINITY;
  int exponent = Limits::min_exponent;
  if (exact != 0) std::frexp(exact, &exponent);
  exponent = std::max(exponent, Limits::min_exponent);
  return static_cast<double>(std::abs(got - exact) / std::ldexp(1.0L, exponent - Limits::digits));
}

/// Numbers of every size and sign, more of them where functions bend; the same on every run.
template <class T>
std::vector<T> samples() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> all = {T(0),
                        T(-0.0),
                        T(1),
                        T(-1),
                        kInf<T>,
                        -kInf<T>,
                        kNan<T>,
                        Limits::max(),
                        Limits::lowest(),
                        Limits::min(),
                        Limits::denorm_min(),
                        -Limits::denorm_min(),
                        T(800),
                        T(-800),
                        T(1000),
                        T(-1000),
                        T(0.5),
                        T(-0.5),
                        T(2),
                        T(89),
                        T(1e-10),
                        T(-1e-10),
                        T(88.5),
                        T(709.5),
                        T(-103.5),
                        T(-745)};
  std::uint64_t state = 1;
  const auto uniform = [&state] {  // in [0, 1), splitmix64
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
  };
  const int low = Limits::min_exponent - Limits::digits, high = Limits::max_exponent - 1;
  for (int i = 0; i < 20000; ++i) {
    const double sign = uniform() < 0.5 ? -1 : 1;
    const int any = low + static_cast<int>(uniform() * (high - low));
    const int common = -30 + static_cast<int>(uniform() * 42);
    all.push_back(static_cast<T>(sign * std::ldexp(1 + uniform(), any)));
    all.push_back(static_cast<T>(sign * std::ldexp(1 + uniform(), common)));
    all.push_back(static_cast<T>(sign * 4 * uniform()));
  }
  while (all.size() % 64 != 0) all.push_back(1);
  return all;
}

/// The largest error of `function` over `x`.
template <class T, class F, class Exact>
double worst(const std::vector<T>& x, F function, Exact exact) {
  std::vector<T> y(x.size());
  for (std::size_t i = 0; i < x.size(); i += V<T>::size) function(V<T>::load(&x[i])).store(&y[i]);
  double error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double here = ulps(y[i], exact(static_cast<long double>(x[i])));
    if (here > error) error = here;
    if (here > 4) UNSCOPED_INFO("at " << x[i] << " got " << y[i]);
  }
  return error;
}

}  // namespace

TEMPLATE_TEST_CASE("functions of a vector are right to a few units in the last place", "[simd]",
                   float, double) {
  using T = TestType;
  using Exact = long double;
  const std::vector<T> x = samples<T>();
  const auto error_of = [&x](auto function, auto exact) { return worst<T>(x, function, exact); };

  CHECK(error_of([](auto v) { return exp(v); }, [](Exact v) { return std::exp(v); }) < 1.2);
  CHECK(error_of([](auto v) { return expm1(v); }, [](Exact v) { return std::expm1(v); }) < 2.5);
  CHECK(error_of([](auto v) { return log(v); }, [](Exact v) { return std::log(v); }) < 1);
  CHECK(error_of([](auto v) { return log1p(v); }, [](Exact v) { return std::log1p(v); }) < 1.6);
  CHECK(error_of([](auto v) { return log1p_exp(-abs(v)); },
                 [](Exact v) { return std::log1p(std::exp(-std::abs(v))); }) < 2);
  CHECK(error_of([](auto v) { return log2(v); }, [](Exact v) { return std::log2(v); }) < 2);
  CHECK(error_of([](auto v) { return log10(v); }, [](Exact v) { return std::log10(v); }) < 2);
  CHECK(error_of([](auto v) { return tanh(v); }, [](Exact v) { return std::tanh(v); }) < 2.6);
  CHECK(error_of([](auto v) { return sigmoid(v); },
                 [](Exact v) { return 1 / (1 + std::exp(-v)); }) < 2.5);
  CHECK(error_of([](auto v) { return sin(v); }, [](Exact v) { return std::sin(v); }) < 2.5);
  CHECK(error_of([](auto v) { return cos(v); }, [](Exact v) { return std::cos(v); }) < 2.5);
  CHECK(error_of([](auto v) { return tan(v); }, [](Exact v) { return std::tan(v); }) < 3.6);
  CHECK(error_of([](auto v) { return erf(v); }, [](Exact v) { return std::erf(v); }) < 1.5);
  CHECK(error_of([](auto v) { return erfc(v); }, [](Exact v) { return std::erfc(v); }) < 5);
  CHECK(error_of([](auto v) { return sqrt(v); }, [](Exact v) { return std::sqrt(v); }) <= 0.5);
  CHECK(error_of([](auto v) { return rsqrt(v); }, [](Exact v) { return 1 / std::sqrt(v); }) < 1.6);
}

TEMPLATE_TEST_CASE("rounding functions and signs are exact", "[simd]", float, double) {
  using T = TestType;
  using Exact = long double;
  std::vector<T> x = samples<T>();
  for (int i = -40; i < 40; ++i)
    x.push_back(static_cast<T>(i) / 2);  // halves go to the even integer
  while (x.size() % 64 != 0) x.push_back(1);
  const auto error_of = [&x](auto function, auto exact) { return worst<T>(x, function, exact); };

  CHECK(error_of([](auto v) { return floor(v); }, [](Exact v) { return std::floor(v); }) == 0);
  CHECK(error_of([](auto v) { return ceil(v); }, [](Exact v) { return std::ceil(v); }) == 0);
  CHECK(error_of([](auto v) { return trunc(v); }, [](Exact v) { return std::trunc(v); }) == 0);
  CHECK(error_of([](auto v) { return round(v); }, [](Exact v) { return std::nearbyint(v); }) == 0);
  CHECK(error_of([](auto v) { return -v; }, [](Exact v) { return -v; }) == 0);
  CHECK(error_of([](auto v) { return abs(v); }, [](Exact v) { return std::abs(v); }) == 0);
  CHECK(error_of([](auto v) { return sign(v); },
                 [](Exact v) { return v > 0   ? 1.0L
                                      : v < 0 ? -1.0L
                                              : 0.0L; }) == 0);
}

TEMPLATE_TEST_CASE("sine and cosine keep their accuracy beside multiples of pi", "[simd]", float,
                   double) {
  using T = TestType;
  std::vector<T> x;
  const long double half_pi = std::acos(0.0L);
  for (int k = 1; k < 4096; ++k) {
    T near = static_cast<T>(k * half_pi);
    for (int step = 0; step < 2; ++step, near = std::nextafter(near, T(0))) {
      x.push_back(near);
      x.push_back(-near);
    }
  }
  while (x.size() % 64 != 0) x.push_back(1);
  CHECK(worst<T>(
            x, [](auto v) { return sin(v); }, [](long double v) { return std::sin(v); }) < 2.5);
  CHECK(worst<T>(
            x, [](auto v) { return cos(v); }, [](long double v) { return std::cos(v); }) < 2.5);
}

TEMPLATE_TEST_CASE("functions do not overflow on the way to a finite result", "[simd]", float,
                   double) {
  using T = TestType;
  const auto at = [](auto function, T x) { return function(V<T>(x)).first(); };
  const auto exp_ = [](auto v) { return exp(v); };
  const auto tanh_ = [](auto v) { return tanh(v); };
  const auto sigmoid_ = [](auto v) { return sigmoid(v); };
  CHECK(at(exp_, 800) == kInf<T>);
  CHECK(at(exp_, -800) == 0);
  CHECK(at(tanh_, 1000) == 1);
  CHECK(at(tanh_, -1000) == -1);
  CHECK(at(sigmoid_, 1000) == 1);
  CHECK(at(sigmoid_, -1000) == 0);
}

TEMPLATE_TEST_CASE("pow follows the definition of C in every special case", "[simd]", float,
                   double) {
  using T = TestType;
  using Limits = std::numeric_limits<T>;
  const T special[] = {T(0),
                       T(-0.0),
                       T(1),
                       T(-1),
                       kInf<T>,
                       -kInf<T>,
                       kNan<T>,
                       Limits::max(),
                       Limits::lowest(),
                       Limits::min(),
                       Limits::denorm_min(),
                       T(0.5),
                       T(-0.5),
                       T(2),
                       T(-2),
                       T(3),
                       T(-3),
                       T(1.5),
                       T(-1.5),
                       T(0.99),
                       T(1.01),
                       T(1e9),
                       T(-1e9),
                       T(16777215),
                       T(-16777215),
                       T(16777216),
                       T(0.333),
                       T(127),
                       T(128),
                       T(-149),
                       T(-150),
                       T(-1074)};
  for (const T a : special) {
    for (const T b : special) {
      CAPTURE(a, b);
      const T got = pow(V<T>(a), V<T>(b)).first();
      CHECK(ulps(got, std::pow(static_cast<long double>(a), static_cast<long double>(b))) <= 1);
    }
  }
}

TEMPLATE_TEST_CASE("pow is right to about one unit in the last place", "[simd]", float, double) {
  using T = TestType;
  double error = 0;
  for (int i = 1; i < 20000; ++i) {
    const T a = static_cast<T>(std::ldexp(1 + i * 4e-5, i % 120 - 60));
    const T b = static_cast<T>((i % 977 - 488) * 0.0123 * (i % 3 == 0 ? 10 : 1));
    const T got = pow(V<T>(a), V<T>(b)).first();
    error = std::max(error,
                     ulps(got, std::pow(static_cast<long double>(a), static_cast<long double>(b))));
  }
  CHECK(error < 1.5);
}

TEMPLATE_TEST_CASE("numbers stand for vectors in formulas", "[simd]", float, double) {
  using T = TestType;
  const V<T> x(T(-2)), g(T(3));
  CHECK((g * (1 - x * x)).first() == -9);
  CHECK(where(x > 0, g, 0.5 * g).first() == T(1.5));
  CHECK(where((x < 0) & !(x == -1), 1, 0).first() == 1);
  CHECK(where((x > 0) | (x >= 5), 1, 0).first() == 0);
  CHECK(maximum(x, 0).first() == 0);
  CHECK(minimum(x, 0).first() == -2);
  CHECK(pow(x, 2).first() == 4);
  CHECK(pow(2, x).first() == T(0.25));
}

TEMPLATE_TEST_CASE("maximum and minimum are NaN when either argument is", "[simd]", float, double) {
  using T = TestType;
  CHECK(std::isnan(maximum(V<T>(kNan<T>), V<T>(T(1))).first()));
  CHECK(std::isnan(maximum(V<T>(T(1)), V<T>(kNan<T>)).first()));
  CHECK(std::isnan(minimum(V<T>(kNan<T>), V<T>(T(1))).first()));
  CHECK(std::isnan(minimum(V<T>(T(1)), V<T>(kNan<T>)).first()));
}

TEMPLATE_TEST_CASE("comparisons with NaN are false, except !=", "[simd]", float, double) {
  using T = TestType;
  const V<T> x(kNan<T>), y(T(1));
  CHECK_FALSE(any(x == x));
  CHECK_FALSE(any(x < y));
  CHECK_FALSE(any(x <= y));
  CHECK_FALSE(any(x > y));
  CHECK_FALSE(any(x >= y));
  CHECK(any(x != x));
  CHECK(any(isnan(x)));
}

TEMPLATE_TEST_CASE("a part of a vector is read and written without touching its neighbours",
                   "[simd]", float, double) {
  using T = TestType;
  constexpr auto size = static_cast<std::size_t>(V<T>::size);
  for (std::size_t count = 1; count < size; ++count) {
    CAPTURE(count);
    std::vector<T> source(count);  // on the heap, so that the address sanitizer sees a read beyond
    for (std::size_t i = 0; i < count; ++i) source[i] = static_cast<T>(i + 1);
    const auto part = V<T>::load_part(source.data(), static_cast<std::int64_t>(count));
    std::vector<T> lanes(size), target(size, T(-1));
    part.store(lanes.data());
    part.store_part(target.data(), static_cast<std::int64_t>(count));
    for (std::size_t i = 0; i < size; ++i) {
      CHECK(lanes[i] == (i < count ? static_cast<T>(i + 1) : T(1)));
      CHECK(target[i] == (i < count ? static_cast<T>(i + 1) : T(-1)));
    }
    std::vector<char> bools(size, 2);
    const auto mask = part == V<T>(T(1));
    mask.store_part(reinterpret_cast<bool*>(bools.data()), static_cast<std::int64_t>(count));
    for (std::size_t i = 0; i < size; ++i) CHECK(bools[i] == (i < count ? i == 0 : 2));
  }
}

TEMPLATE_TEST_CASE("masks are read from and written to bools", "[simd]", float, double) {
  using T = TestType;
  bool source[64], target[64];
  for (int i = 0; i < 64; ++i) source[i] = i % 3 == 0;
  using M = Mask<T, Arch>;
  for (std::int64_t i = 0; i < 64; i += M::size) M::load(source + i).store(target + i);
  for (int i = 0; i < 64; ++i) CHECK(target[i] == source[i]);
  for (std::int64_t count = 1; count < M::size; ++count) {
    M::first(count).store(target);
    for (std::int64_t i = 0; i < M::size; ++i) CHECK(target[i] == (i < count));
  }
}

TEMPLATE_TEST_CASE("a part of a mask is read without touching its neighbours", "[simd]", float,
                   double) {
  using M = Mask<TestType, Arch>;
  for (unsigned pattern = 0; pattern < 256; ++pattern) {
    const auto truth = [pattern](std::int64_t i) { return (pattern >> i % 8 & 1) != 0; };
    bool lanes[M::size];
    for (std::int64_t count = 1; count <= M::size; ++count) {
      // On the heap, so that the address sanitizer sees a read beyond.
      const auto source = std::make_unique<bool[]>(static_cast<std::size_t>(count));
      for (std::int64_t i = 0; i < count; ++i) source[static_cast<std::size_t>(i)] = truth(i);
      const M mask = count < M::size ? M::load_part(source.get(), count) : M::load(source.get());
      mask.store(lanes);
      for (std::int64_t i = 0; i < M::size; ++i) {
        if (lanes[i] != truth(i < count ? i : 0))
          FAIL_CHECK("lane " << i << " of " << count << " from pattern " << pattern);
      }
    }
  }
}

TEMPLATE_TEST_CASE("lanes are combined into one number", "[simd]", float, double) {
  using T = TestType;
  T lanes[64];
  for (int i = 0; i < 64; ++i) lanes[i] = static_cast<T>((i * 7) % V<T>::size);
  const auto x = V<T>::load(lanes);
  const T size = static_cast<T>(V<T>::size);
  CHECK(sum(x) == size * (size - 1) / 2);
  CHECK(max(x) == size - 1);
  CHECK(min(x) == 0);
  for (std::int64_t i = 0; i < V<T>::size; ++i) {
    T with_nan[64];
    x.store(with_nan);
    with_nan[i] = kNan<T>;
    CHECK(std::isnan(max(V<T>::load(with_nan))));
    CHECK(std::isnan(min(V<T>::load(with_nan))));
  }
}

TEST_CASE("the environment chooses a weaker instruction set, never a stronger one", "[simd]") {
  const char* before = std::getenv("TAPEGRAD_SIMD");
  const std::string kept = before ? before : "";
  unsetenv("TAPEGRAD_SIMD");
  const Isa best = detect_isa();
  setenv("TAPEGRAD_SIMD", "baseline", 1);
  CHECK(detect_isa() == Isa::baseline);
  setenv("TAPEGRAD_SIMD", "avx2", 1);
  CHECK(detect_isa() == std::min(best, Isa::avx2));
  setenv("TAPEGRAD_SIMD", "avx512", 1);
  CHECK(detect_isa() == best);
  setenv("TAPEGRAD_SIMD", "nonsense", 1);
  CHECK(detect_isa() == best);
  if (before)
    setenv("TAPEGRAD_SIMD", kept.c_str(), 1);
  else
    unsetenv("TAPEGRAD_SIMD");
}
