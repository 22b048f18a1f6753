#include "autograd/kernels/gemm/gemm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "autograd/base/threads/parallel.h"
#include "autograd/base/threads/tile.h"
#include "tests/catch.h"
#include "tests/kernels/gemm/gemm_numbers.h"

using namespace gemm_numbers;

namespace {

/// Multiplies whole numbers and compares all bits. With beta = 0, C starts as NaN.
template <class T>
bool is_exact(bool trans_a, bool trans_b, Sizes s, T beta) {
  const auto a = whole_numbers<T>(s.m * s.k, 1), b = whole_numbers<T>(s.k * s.n, 2);
  auto c = beta == 0 ? buffer(s.m * s.n, std::numeric_limits<T>::quiet_NaN())
                     : whole_numbers<T>(s.m * s.n, 3);
  const auto expected = reference(trans_a, trans_b, s, a, b, c, beta);
  c.push_back(T{77});  // must stay
  gemm(trans_a, trans_b, s.m, s.n, s.k, a.data(), b.data(), c.data(), beta);
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (static_cast<double>(c[i]) != expected[i]) return false;
  return c.back() == T{77};
}

template <class T>
bool is_exact_transposed_or_not(Sizes s, T beta) {
  return is_exact<T>(false, false, s, beta) && is_exact<T>(false, true, s, beta) &&
         is_exact<T>(true, false, s, beta) && is_exact<T>(true, true, s, beta);
}

/// The same product, or, where tiles are small, one of a sixteenth of the work: it has as many tiles,
/// and sanitizers are slow.
Sizes cut_as(Sizes s) {
  const auto side = [](std::int64_t size) { return size > 64 ? tile_size(size, size / 4) : size; };
  return {side(s.m), side(s.n), s.k};
}

struct Threads {
  explicit Threads(int n) { tapegrad::set_num_threads(n); }
  ~Threads() { tapegrad::set_num_threads(1); }
};

}  // namespace

TEMPLATE_TEST_CASE("gemm agrees with the definition for all small shapes", "[gemm]", float,
                   double) {
  for (std::int64_t m = 1; m <= 11; ++m)
    for (std::int64_t n = 1; n <= 11; ++n)
      for (std::int64_t k = 1; k <= 11; ++k) {
        const TestType beta = (m + n + k) % 3 == 0 ? TestType{0.5} : TestType{1};
        if (is_exact_transposed_or_not<TestType>({m, n, k}, 0) &&
            is_exact_transposed_or_not<TestType>({m, n, k}, beta))
          continue;
        CAPTURE(m, n, k);
        FAIL_CHECK("wrong product");
      }
}

TEMPLATE_TEST_CASE("gemm agrees with the definition around vector and block sizes", "[gemm]", float,
                   double) {
  const std::vector<std::int64_t> sizes = {1, 2, 15, 16, 17, 33, 64};
  for (std::int64_t m : sizes)
    for (std::int64_t n : sizes)
      for (std::int64_t k : sizes) {
        if (is_exact_transposed_or_not<TestType>({m, n, k}, TestType((m + n) % 2))) continue;
        CAPTURE(m, n, k);
        FAIL_CHECK("wrong product");
      }
}

TEMPLATE_TEST_CASE("gemm agrees with the definition for the shapes of networks", "[gemm]", float,
                   double) {
  // Forward, weight gradient and input gradient of common layers; single rows and columns; shapes
  // that are split into tiles of every kind.
  const std::vector<Sizes> shapes = {
      {1, 128, 784},   {64, 128, 784},  {128, 784, 64}, {64, 784, 128},  {64, 10, 128},
      {10, 128, 64},   {128, 160, 333}, {1, 1000, 999}, {999, 1, 1000},  {1000, 500, 1},
      {4096, 16, 16},  {16, 4096, 16},  {16, 16, 4096}, {100, 200, 300}, {40, 40, 1500},
      {20, 90, 2000},  {3, 5, 8192},    {1, 70000, 9},  {70000, 1, 9},   {1000, 96, 240},
      {96, 1000, 240}, {700, 700, 60}};
  TestType beta = 0;
  for (Sizes shape : shapes) {
    const Sizes s = cut_as(shape);
    CAPTURE(s.m, s.n, s.k);
    CHECK(is_exact_transposed_or_not<TestType>(s, beta));
    beta = 1 - beta;
  }
}

TEMPLATE_TEST_CASE("gemm is as accurate as any order of the sum allows", "[gemm]", float, double) {
  const auto magnitudes = [](std::vector<TestType> values) {
    for (TestType& value : values) value = std::abs(value);
    return values;
  };
  const std::vector<Sizes> shapes = {{64, 128, 784}, {1, 128, 784}, {16, 16, 16}, {33, 57, 300}};
  for (Sizes s : shapes) {
    for (Transposed t : kTranspositions) {
      const auto a = normal_numbers<TestType>(s.m * s.k, 1);
      const auto b = normal_numbers<TestType>(s.k * s.n, 2);
      auto c = normal_numbers<TestType>(s.m * s.n, 3);
      const auto expected = reference(t.a, t.b, s, a, b, c, TestType{1});
      const auto sizes =
          reference(t.a, t.b, s, magnitudes(a), magnitudes(b), magnitudes(c), TestType{1});
      gemm(t.a, t.b, s.m, s.n, s.k, a.data(), b.data(), c.data(), TestType{1});
      // Higham, Accuracy and Stability of Numerical Algorithms, (3.5); once for the reference, too.
      const double unit = std::numeric_limits<TestType>::epsilon() / 2;
      int wrong = 0;
      for (std::size_t i = 0; i < c.size(); ++i)
        wrong += std::abs(static_cast<double>(c[i]) - expected[i]) >
                 2 * unit * static_cast<double>(s.k + 1) * sizes[i];
      CAPTURE(s.m, s.n, s.k, t.a, t.b);
      CHECK(wrong == 0);
    }
  }
}

TEMPLATE_TEST_CASE("gemm with nothing to do", "[gemm]", float, double) {
  std::vector<TestType> c{1, 2, 3, std::numeric_limits<TestType>::quiet_NaN()};
  const auto none = static_cast<const TestType*>(nullptr);
  gemm(false, false, 0, 4, 3, none, none, c.data(), TestType{0});
  gemm(false, false, 4, 0, 3, none, none, c.data(), TestType{0});
  CHECK(c[0] == 1);
  gemm(false, true, 1, 3, 0, none, none, c.data(), TestType{2});
  CHECK(std::vector<TestType>(c.begin(), c.begin() + 3) == std::vector<TestType>{2, 4, 6});
  gemm(true, false, 2, 2, 0, none, none, c.data(), TestType{0});
  CHECK(c == std::vector<TestType>{0, 0, 0, 0});
}

TEMPLATE_TEST_CASE("gemm lets infinities and NaN flow", "[gemm]", float, double) {
  constexpr auto infinity = std::numeric_limits<TestType>::infinity();
  constexpr auto nan = std::numeric_limits<TestType>::quiet_NaN();
  int wrong = 0;
  const auto check = [&](bool trans_a, bool trans_b, Sizes s, TestType special, bool in_a) {
    auto a = buffer<TestType>(s.m * s.k), b = buffer<TestType>(s.k * s.n);  // 0 * inf is NaN
    auto& changed = in_a ? a : b;
    changed[changed.size() / 2] = special;
    auto c = buffer(s.m * s.n, nan);
    const auto expected = reference(trans_a, trans_b, s, a, b, c, TestType{0});
    gemm(trans_a, trans_b, s.m, s.n, s.k, a.data(), b.data(), c.data(), TestType{0});
    for (std::size_t i = 0; i < c.size(); ++i) wrong += std::isnan(c[i]) != std::isnan(expected[i]);
  };
  for (std::int64_t m : {1, 2, 7, 16, 33, 64})
    for (std::int64_t n : {1, 3, 8, 17, 64, 100})
      for (std::int64_t k : {1, 2, 9, 16, 31, 250})
        for (Transposed t : kTranspositions)
          for (bool in_a : {true, false})
            check(t.a, t.b, {m, n, k}, (m + n + k) % 2 == 0 ? nan : -infinity, in_a);
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("the number of threads changes no bit of a product", "[gemm][threads]", float,
                   double) {
  const std::vector<Sizes> shapes = {{96, 128, 784},  {128, 784, 96},  {300, 400, 100},
                                     {1, 3000, 1000}, {3000, 1, 1000}, {400, 700, 40}};
  for (Sizes shape : shapes) {
    const Sizes s = cut_as(shape);
    for (Transposed t : kTranspositions) {
      const auto a = normal_numbers<TestType>(s.m * s.k, 1);
      const auto b = normal_numbers<TestType>(s.k * s.n, 2);
      const auto product = [&](int threads) {
        const Threads guard(threads);
        auto c = buffer<TestType>(s.m * s.n);
        gemm(t.a, t.b, s.m, s.n, s.k, a.data(), b.data(), c.data(), TestType{0});
        return c;
      };
      const auto expected = product(1);
      CAPTURE(s.m, s.n, s.k, t.a, t.b);
      for (int threads : {2, 3, 8}) CHECK((product(threads) == expected));
    }
  }
}

TEST_CASE("threads of the program may multiply at the same time", "[gemm][threads]") {
  // Each has a workspace of its own. A serial OpenBLAS would give two threads the same one:
  // blas.cpp.
  const auto wrong_products = []<class T>(T) {
    const Sizes s{40, 30, 20};
    const auto a = normal_numbers<T>(s.m * s.k, 1), b = normal_numbers<T>(s.k * s.n, 2);
    std::vector<T> first;
    int wrong = 0;
    for (std::int64_t i = 0; i < tile_size(5000, 200); ++i) {
      auto c = buffer<T>(s.m * s.n);
      gemm(true, true, s.m, s.n, s.k, a.data(), b.data(), c.data(), T{0});
      if (i == 0) first = c;
      wrong += c != first;
    }
    return std::pair(wrong, first);
  };
  const auto expected = wrong_products(1.0f).second;
  std::vector<int> wrong(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < wrong.size(); ++i)
    threads.emplace_back([&, i] {
      const auto [count, product] = wrong_products(1.0f);
      wrong[i] = count + (product != expected) + wrong_products(1.0).first;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEMPLATE_TEST_CASE("gemm_plus_row adds a row to every row of the product", "[gemm]", float,
                   double) {
  const std::vector<Sizes> shapes = {{1, 1, 1},     {5, 1, 9},       {1, 10, 128}, {32, 10, 128},
                                     {64, 128, 80}, {100, 300, 600}, {3, 4, 0},    {700, 1, 900}};
  for (Sizes s : shapes)
    for (Transposed t : kTranspositions) {
      const auto a = whole_numbers<TestType>(s.m * s.k, 1),
                 b = whole_numbers<TestType>(s.k * s.n, 2);
      const auto row = whole_numbers<TestType>(s.n, 3);
      std::vector<TestType> rows;
      for (std::int64_t i = 0; i < s.m; ++i) rows.insert(rows.end(), row.begin(), row.end());
      auto c = buffer(s.m * s.n, std::numeric_limits<TestType>::quiet_NaN());
      gemm_plus_row(t.a, t.b, s.m, s.n, s.k, a.data(), b.data(), row.data(), c.data());
      CAPTURE(s.m, s.n, s.k, t.a, t.b);
      CHECK((std::vector<double>(c.begin(), c.end()) ==
             reference(t.a, t.b, s, a, b, rows, TestType{1})));
    }
}

TEMPLATE_TEST_CASE("gemm_batched is gemm for each matrix", "[gemm]", float, double) {
  const auto check = [](bool trans_a, bool trans_b, Sizes s, std::int64_t count, bool shared) {
    const BatchStrides strides{shared ? 0 : s.m * s.k, s.k * s.n, s.m * s.n};
    const auto a = normal_numbers<TestType>((count + 1) * s.m * s.k, 1);
    const auto b = normal_numbers<TestType>((count + 1) * s.k * s.n, 2);
    const auto start = normal_numbers<TestType>(count * s.m * s.n, 3);
    auto expected = start;
    for (std::int64_t i = 0; i < count; ++i)
      gemm(trans_a, trans_b, s.m, s.n, s.k, a.data() + i * strides.a, b.data() + i * strides.b,
           expected.data() + i * strides.c, TestType{1});
    CAPTURE(s.m, s.n, s.k, count, trans_a, trans_b, shared);
    for (int threads : {1, 3}) {
      const Threads guard(threads);
      auto c = start;
      gemm_batched(trans_a, trans_b, count, s.m, s.n, s.k, a.data(), b.data(), c.data(), strides,
                   TestType{1});
      CHECK((c == expected));
    }
  };
  const std::vector<Sizes> shapes = {{3, 4, 5}, {1, 7, 9},    {1, 9, 2}, {7, 1, 9},
                                     {9, 1, 2}, {40, 30, 20}, {2, 3, 0}};
  for (Transposed t : kTranspositions)
    for (bool shared : {false, true}) {
      for (Sizes s : shapes)
        for (std::int64_t count : {0, 1, 2, 7, 100}) check(t.a, t.b, s, count, shared);
      check(t.a, t.b, {128, 70, 300}, 3, shared);
    }
}

TEST_CASE("matmul_naive multiplies integers without rounding", "[gemm]") {
  constexpr std::int64_t big = (std::int64_t{1} << 53) + 1;  // no double
  const std::vector<std::int64_t> a{big, 2, 3, 4, 5, 6};     // 2 x 3
  const std::vector<std::int64_t> b{1, 0, 0, 1, 1, 1};       // 3 x 2
  const std::vector<std::int64_t> a_transposed{big, 4, 2, 5, 3, 6}, b_transposed{1, 0, 1, 0, 1, 1};
  const std::vector<std::int64_t> expected{big + 3, 5, 10, 11};
  for (Transposed t : kTranspositions) {
    std::vector<std::int64_t> c(4, -1);
    matmul_naive(t.a, t.b, 2, 2, 3, (t.a ? a_transposed : a).data(),
                 (t.b ? b_transposed : b).data(), c.data());
    CHECK(c == expected);
  }
}
