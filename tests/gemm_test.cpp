#include "autograd/kernels/gemm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "autograd/kernels/cpu.h"
#include "autograd/kernels/gemm_plan.h"
#include "autograd/kernels/parallel.h"
#include "autograd/kernels/random.h"
#include "tests/catch.h"

using namespace tapegrad::kernels;

namespace {

struct Sizes {
  std::int64_t m, n, k;
};

struct Transposed {
  bool a, b;
};
constexpr std::array kTranspositions = {Transposed{false, false}, Transposed{false, true},
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
      {1, 128, 784},  {64, 128, 784},  {128, 784, 64}, {64, 784, 128},  {64, 10, 128},
      {10, 128, 64},  {128, 160, 333}, {1, 1000, 999}, {999, 1, 1000},  {1000, 500, 1},
      {4096, 16, 16}, {16, 4096, 16},  {16, 16, 4096}, {100, 200, 300}, {40, 40, 1500},
      {20, 90, 2000}, {3, 5, 8192},    {1, 70000, 9},  {70000, 1, 9}};
  TestType beta = 0;
  for (Sizes s : shapes) {
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

TEMPLATE_TEST_CASE("the number of threads changes no bit of a product", "[gemm]", float, double) {
  const std::vector<Sizes> shapes = {{96, 128, 784},  {128, 784, 96},  {300, 400, 100},
                                     {1, 3000, 1000}, {3000, 1, 1000}, {400, 700, 40}};
  for (Sizes s : shapes) {
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

TEST_CASE("threads of the program may multiply at the same time", "[gemm]") {
  // Each has a workspace of its own. A serial OpenBLAS would give two threads the same one:
  // blas.cpp.
  const auto wrong_products = []<class T>(T) {
    const Sizes s{40, 30, 20};
    const auto a = normal_numbers<T>(s.m * s.k, 1), b = normal_numbers<T>(s.k * s.n, 2);
    std::vector<T> first;
    int wrong = 0;
    for (int i = 0; i < 5000; ++i) {
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

/// The kernels of every instruction set that this machine has.
std::vector<const GemmKernels*> all_kernels() {
  std::vector<const GemmKernels*> sets{&baseline_gemm()};
#if defined(TAPEGRAD_X86)
  if (detect_isa() >= Isa::avx2) sets.push_back(&avx2_gemm());
  if (detect_isa() >= Isa::avx512) sets.push_back(&avx512_gemm());
#endif
  return sets;
}

template <class T>
const BlockKernels<T>& kernels_of(const GemmKernels& set) {
  if constexpr (sizeof(T) == 4)
    return set.of_float;
  else
    return set.of_double;
}

constexpr std::int64_t kMargin = 5;

/// The rows of a matrix with `kMargin` NaN between them, and nothing behind the last one.
template <class T>
std::vector<T> spread(const std::vector<T>& dense, std::int64_t columns) {
  std::vector<T> rows;
  for (auto from = dense.begin(); from != dense.end(); from += columns) {
    if (!rows.empty()) rows.insert(rows.end(), kMargin, std::numeric_limits<T>::quiet_NaN());
    rows.insert(rows.end(), from, from + columns);
  }
  rows.shrink_to_fit();
  return rows;
}

template <class T>
using Method = typename GemmPlan<T>::Method;

/// Computes one block whose matrices are parts of larger ones; what is around C must stay.
template <class T>
bool block_is_exact(const BlockKernels<T>& kernels, Method<T> method, bool trans_a, bool trans_b,
                    Sizes s, T beta, bool add_row) {
  constexpr T kOutside = 77;
  const auto a = whole_numbers<T>(s.m * s.k, 1), b = whole_numbers<T>(s.k * s.n, 2);
  const auto row = whole_numbers<T>(s.n, 3);
  const std::int64_t a_columns = trans_a ? s.m : s.k, b_columns = trans_b ? s.k : s.n;
  const auto wide_a = spread(a, a_columns), wide_b = spread(b, b_columns);
  auto c = buffer(s.m * (s.n + kMargin), kOutside);
  std::vector<T> start;
  for (std::int64_t i = 0; i < s.m; ++i) {
    start.insert(start.end(), row.begin(), row.end());
    const T before = add_row || beta == 0 ? std::numeric_limits<T>::quiet_NaN() : T{0};
    for (std::int64_t j = 0; j < s.n; ++j)
      c[static_cast<std::size_t>(i * (s.n + kMargin) + j)] =
          before + row[static_cast<std::size_t>(j)];
  }
  Block<T> block{};
  block.m = s.m;
  block.n = s.n;
  block.k = s.k;
  block.a = wide_a.data();
  block.a_row = trans_a ? 1 : s.k + kMargin;
  block.a_term = trans_a ? s.m + kMargin : 1;
  block.b = wide_b.data();
  block.b_term = b_columns + kMargin;
  block.b_panel = kernels.tile_columns;
  block.c = c.data();
  block.ldc = s.n + kMargin;
  block.d = add_row ? row.data() : c.data();
  block.ldd = add_row ? 0 : block.ldc;
  block.beta = beta;
  const std::int64_t width = kernels.tile_columns;
  auto panels = buffer<T>((s.n + width - 1) / width * width * s.k);
  if (method == Method<T>::packed) {
    kernels.pack(block.b, block.b_term, trans_b, s.k, s.n, panels.data());
    block.b = panels.data();
    block.b_term = width;
    block.b_panel = s.k * width;
  }
  (method == Method<T>::dots ? kernels.dots : kernels.tiles)(block);
  const auto expected = reference(trans_a, trans_b, s, a, b, start, beta);
  for (std::int64_t i = 0; i < s.m; ++i)
    for (std::int64_t j = 0; j < block.ldc; ++j) {
      const double right = j < s.n ? expected[static_cast<std::size_t>(i * s.n + j)] : kOutside;
      if (static_cast<double>(c[static_cast<std::size_t>(i * block.ldc + j)]) != right)
        return false;
    }
  return true;
}

TEMPLATE_TEST_CASE("every kernel of every instruction set computes its block", "[gemm]", float,
                   double) {
  using Kind = Method<TestType>;
  for (const GemmKernels* set : all_kernels()) {
    const auto& kernels = kernels_of<TestType>(*set);
    const auto check = [&](Kind method, bool trans_a, bool trans_b, Sizes s) {
      const auto beta = static_cast<TestType>((s.m + s.k) % 3);
      if (block_is_exact(kernels, method, trans_a, trans_b, s, beta, s.n % 2 == 0)) return;
      CAPTURE(kernels.vector, static_cast<int>(method), trans_a, trans_b, s.m, s.n, s.k, beta);
      FAIL_CHECK("wrong product");
    };
    for (std::int64_t m : {1, 2, 3, 5, 6, 7, 8, 11, 17})
      for (std::int64_t n : {1, 2, 3, 4, 7, 8, 10, 15, 16, 17, 31, 33, 48, 63, 64, 65, 128, 131})
        for (std::int64_t k : {1, 2, 3, 5, 16, 17, 37}) {
          const bool trans_a = (m + n + k) % 2 == 0;
          if (kernels.loads_parts || n % kernels.vector == 0)
            check(Kind::in_place, trans_a, false, {m, n, k});
          check(Kind::packed, trans_a, (n + k) % 3 == 0, {m, n, k});
          check(Kind::dots, false, true, {m, n, k});
        }
  }
}

TEMPLATE_TEST_CASE("a transposed copy of B is the copy of B transposed", "[gemm]", float, double) {
  for (const GemmKernels* set : all_kernels()) {
    const auto& kernels = kernels_of<TestType>(*set);
    const std::int64_t width = kernels.tile_columns;
    for (std::int64_t k : {1, 2, 7, 8, 9, 16, 33})
      for (std::int64_t n : {1, 3, 8, 15, 16, 64, 65, 100}) {
        const auto b = whole_numbers<TestType>(k * n, 1);
        auto transposed = b;
        for (std::int64_t p = 0; p < k; ++p)
          for (std::int64_t j = 0; j < n; ++j)
            transposed[static_cast<std::size_t>(j * k + p)] =
                b[static_cast<std::size_t>(p * n + j)];
        const auto copy_of = [&](const std::vector<TestType>& from, bool is_transposed) {
          auto panels = buffer<TestType>((n + width - 1) / width * width * k);
          kernels.pack(from.data(), is_transposed ? k : n, is_transposed, k, n, panels.data());
          for (std::size_t i = 0; i < panels.size(); ++i) {
            const auto at = static_cast<std::int64_t>(i);
            const bool exists = at / (width * k) * width + at % width < n;
            if (!exists) panels[i] = 0;
          }
          return panels;
        };
        CAPTURE(k, n);
        CHECK((copy_of(b, false) == copy_of(transposed, true)));
      }
  }
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
