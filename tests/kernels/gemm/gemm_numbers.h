#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "autograd/kernels/random/random.h"

// What the tests of matrix products have in common: numbers to multiply, and what must come out.

namespace gemm_numbers {

using namespace tapegrad::kernels;

struct Sizes {
  std::int64_t m, n, k;
};

struct Transposed {
  bool a, b;
};
inline constexpr std::array kTranspositions = {Transposed{false, false}, Transposed{false, true},
                                               Transposed{true, false}, Transposed{true, true}};

template <class T>
std::vector<T> buffer(std::int64_t size, T value = T{}) {
  return std::vector<T>(static_cast<std::size_t>(size), value);
}

/// Whole numbers from -8 to 8: sums of thousands of their products are exact, also in float.
template <class T>
std::vector<T> whole_numbers(std::int64_t size, std::uint64_t seed) {
  auto integers = buffer<std::int64_t>(size);
  fill_randint(integers.data(), size, -8, 9, {.seed = seed});
  return std::vector<T>(integers.begin(), integers.end());
}

template <class T>
std::vector<T> normal_numbers(std::int64_t size, std::uint64_t seed) {
  auto values = buffer<T>(size);
  fill_normal(values.data(), size, 0, 1, {.seed = seed});
  return values;
}

/// What `gemm` must compute, by its definition and in double.
template <class T>
std::vector<double> reference(bool trans_a, bool trans_b, Sizes s, const std::vector<T>& a,
                              const std::vector<T>& b, const std::vector<T>& c, T beta) {
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  auto row = buffer<double>(s.n);
  std::vector<double> result;
  for (std::int64_t i = 0; i < s.m; ++i) {
    for (std::int64_t j = 0; j < s.n; ++j) {
      const double start = beta == 0 ? 0 : static_cast<double>(c[at(i * s.n + j)]);
      row[at(j)] = static_cast<double>(beta) * start;
    }
    for (std::int64_t p = 0; p < s.k; ++p) {
      const double x = static_cast<double>(a[at(trans_a ? p * s.m + i : i * s.k + p)]);
      for (std::int64_t j = 0; j < s.n; ++j)
        row[at(j)] += x * static_cast<double>(b[at(trans_b ? j * s.k + p : p * s.n + j)]);
    }
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

}  // namespace gemm_numbers
