// The kernels that products are made of, each on its own and for every instruction set.

#include <algorithm>
#include <limits>
#include <span>

#include "autograd/kernels/gemm/plan.h"
#include "autograd/kernels/simd/cpu.h"
#include "tests/catch.h"
#include "tests/kernels/gemm/gemm_numbers.h"

using namespace gemm_numbers;

namespace {

/// The kernels of every instruction set that this machine has.
template <class T>
std::span<const BlockKernels<T>* const> all_kernels() {
  return std::span(kernel_tables<BlockKernels<T>>)
      .first(static_cast<std::size_t>(detect_isa()) + 1);
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

}  // namespace

TEMPLATE_TEST_CASE("every kernel of every instruction set computes its block", "[gemm]", float,
                   double) {
  using Kind = Method<TestType>;
  for (const auto* set : all_kernels<TestType>()) {
    const auto& kernels = *set;
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
  for (const auto* set : all_kernels<TestType>()) {
    const auto& kernels = *set;
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
