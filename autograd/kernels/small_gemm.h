#pragma once

#include <utility>

#include "autograd/kernels/blas.h"
#include "autograd/kernels/simd_basic.h"

// Products so small that a call of BLAS costs as much as the arithmetic, and products with a single
// row. Compiled once per instruction set; see simd_vec.h.

namespace tapegrad::kernels {

/// Calls f(0), ..., f(count - 1) with constants, so that arrays indexed by them can live in
/// registers.
template <int count, class F>
[[gnu::always_inline]] inline void unrolled(F f) noexcept {
  [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, i>()), ...);
  }
  (std::make_integer_sequence<int, count>());
}

/// Writes `value + beta * to`, or `value` alone when beta is 0. `count` lanes if `part`, else all.
template <bool part, class T, class Arch>
[[gnu::always_inline]] inline void store_result(Vec<T, Arch> value, T beta, T* to,
                                                std::int64_t count) noexcept {
  using V = Vec<T, Arch>;
  if constexpr (part) {
    if (beta != 0) value = fma(V(beta), V::load_part(to, count), value);
    value.store_part(to, count);
  } else {
    if (beta != 0) value = fma(V(beta), V::load(to), value);
    value.store(to);
  }
}

/// `rows` rows and `vectors` vectors of columns of C, from column j on: each entry is a sum over
/// the rows of B. The sum is split into `sums`, because a processor can begin an addition before
/// the last one ended. If `part`, the one vector has `count` lanes only. B is not transposed; A may
/// be.
template <int rows, int vectors, int sums, bool part, class Arch, class T>
[[gnu::always_inline]] inline void small_block(const Product<T>& p, std::int64_t i, std::int64_t j,
                                               std::int64_t count) noexcept {
  using V = Vec<T, Arch>;
  const std::int64_t next_row = p.trans_a ? 1 : p.lda, next_term = p.trans_a ? p.lda : 1;
  const T* a = p.a + i * next_row;
  const T* b = p.b + j;
  V sum[sums][rows][vectors];
  unrolled<sums>([&](auto s) {
    unrolled<rows>([&](auto r) { unrolled<vectors>([&](auto v) { sum[s][r][v] = V(T(0)); }); });
  });
  const auto add_term = [&](auto s) __attribute__((always_inline)) {
    V row[vectors];
    unrolled<vectors>([&](auto v) {
      if constexpr (part)
        row[v] = V::load_part(b, count);
      else
        row[v] = V::load(b + v * V::size);
    });
    unrolled<rows>([&](auto r) {
      const V factor(a[r * next_row]);
      unrolled<vectors>([&](auto v) { sum[s][r][v] = fma(factor, row[v], sum[s][r][v]); });
    });
    a += next_term;
    b += p.ldb;
  };
  std::int64_t term = 0;
  for (; term + sums <= p.k; term += sums) unrolled<sums>(add_term);
  for (; term < p.k; ++term) add_term(std::integral_constant<int, 0>());
  T* c = p.c + i * p.ldc + j;
  unrolled<rows>([&](auto r) {
    unrolled<vectors>([&](auto v) {
      V total = sum[0][r][v];
      unrolled<sums - 1>([&](auto s) { total += sum[s + 1][r][v]; });
      store_result<part>(total, p.beta, c + r * p.ldc + v * V::size, count);
    });
  });
}

/// All rows of the columns from j on that one block covers.
template <int vectors, bool part, class Arch, class T>
[[gnu::flatten]] void small_columns(const Product<T>& p, std::int64_t j,
                                    std::int64_t count) noexcept {
  constexpr int rows = vectors == 1 ? 8 : 4;
  std::int64_t i = 0;
  for (; i + rows <= p.m; i += rows) small_block<rows, vectors, 1, part, Arch>(p, i, j, count);
  for (; i < p.m; ++i) small_block<1, vectors, vectors == 4 ? 2 : 4, part, Arch>(p, i, j, count);
}

/// C = op(A) B + beta C.
template <class Arch, class T>
[[gnu::flatten]] void small_product(const Product<T>& p) noexcept {
  constexpr std::int64_t size = Vec<T, Arch>::size;
  constexpr int vectors = sizeof(Vec<T, Arch>) == 64 ? 4 : 2;  // of 32 or 16 registers
  std::int64_t j = 0;
  if (p.m == 1)
    for (; j + 8 * size <= p.n; j += 8 * size) small_block<1, 8, 1, false, Arch>(p, 0, j, 0);
  for (; j + vectors * size <= p.n; j += vectors * size)
    small_columns<vectors, false, Arch>(p, j, 0);
  for (; j + size <= p.n; j += size) small_columns<1, false, Arch>(p, j, 0);
  if (j < p.n) small_columns<1, true, Arch>(p, j, p.n - j);
}

/// Of two vectors of blocks: the sums of the two halves of each block, blocks of x and y in turn.
template <int block, class T, class Arch, int... lane>
[[gnu::always_inline]] inline Vec<T, Arch> add_halves(
    Vec<T, Arch> x, Vec<T, Arch> y, std::integer_sequence<int, lane...>) noexcept {
  constexpr int size = sizeof...(lane), half = block / 2;
  constexpr auto from = [](int l) {
    const int to = l / half;
    return to % 2 * size + to / 2 * block + l % half;
  };
  using Batch = typename Vec<T, Arch>::Batch;
  return Vec<T, Arch>(Batch(__builtin_shufflevector(x.value, y.value, from(lane)...))) +
         Vec<T, Arch>(Batch(__builtin_shufflevector(x.value, y.value, from(lane) + half...)));
}

/// Lane i of the result is the sum of the lanes of vector i.
template <int vectors, class T, class Arch>
[[gnu::always_inline]] inline Vec<T, Arch> sum_each(Vec<T, Arch>* x) noexcept {
  if constexpr (vectors > 1) {
    constexpr int half = vectors / 2;
    unrolled<half>([&](auto i) {
      x[i] = add_halves<vectors>(
          x[i], x[i + half],
          std::make_integer_sequence<int, static_cast<int>(Vec<T, Arch>::size)>());
    });
    return sum_each<half>(x);
  } else {
    return x[0];
  }
}

/// The dot products of A, a single row, with as many rows of B from row j on as a vector has lanes.
/// If `part`, with `count` rows only; the last one stands for those that are missing.
template <bool part, class Arch, class T>
[[gnu::always_inline]] inline void small_dots(const Product<T>& p, std::int64_t j,
                                              std::int64_t count) noexcept {
  using V = Vec<T, Arch>;
  constexpr int size = static_cast<int>(V::size);
  const T* first_row = p.b + j * p.ldb;
  V sums[size];
  unrolled<size>([&](auto r) { sums[r] = V(T(0)); });
  const auto add_terms = [&](std::int64_t term, auto add) __attribute__((always_inline)) {
    const T* row = first_row + term;
    unrolled<size>([&](auto r) {
      sums[r] = add(row, sums[r]);
      row += !part || r + 1 < count ? p.ldb : 0;
    });
  };
  std::int64_t term = 0;
  for (; term + size <= p.k; term += size) {
    const V a = V::load(p.a + term);
    add_terms(term, [&](const T* row, V sum) { return fma(a, V::load(row), sum); });
  }
  if (const std::int64_t rest = p.k - term; rest > 0) {
    const auto mask = Mask<T, Arch>::first(rest);
    const V a = V::load_part(p.a + term, rest);
    add_terms(term, [&](const T* row, V sum) {
      return where(mask, fma(a, V::load_part(row, rest), sum), sum);
    });
  }
  store_result<part>(sum_each<size>(sums), p.beta, p.c + j, count);
}

/// C = A B^T + beta C for one row.
template <class Arch, class T>
[[gnu::flatten]] void small_row_of_dots(const Product<T>& p) noexcept {
  constexpr std::int64_t size = Vec<T, Arch>::size;
  std::int64_t j = 0;
  for (; j + size <= p.n; j += size) small_dots<false, Arch>(p, j, size);
  if (j < p.n) small_dots<true, Arch>(p, j, p.n - j);
}

/// The transposed problem, C^T = op(B)^T op(A)^T, for a C of one column.
template <class T>
[[gnu::always_inline]] inline Product<T> as_row(const Product<T>& p) noexcept {
  return {false, !p.trans_a, 1, p.m, p.k, p.b, 1, p.a, p.lda, p.c, 1, p.beta};
}

/// `multiply_small` for more rows than one: at most 16 KiB each of B and C.
template <class Arch, class T>
bool multiply_small_matrix(const Product<T>& p) noexcept {
  constexpr std::int64_t kMostEntries = 2048, kMostWork = 1 << 15, kMostCopied = 1024;
  const std::int64_t b_size = p.n * p.k;
  if (p.m * p.n > kMostEntries || p.m * b_size > kMostWork) return false;
  if (p.n < 8 && p.k > 8) return false;  // most lanes would be idle
  if (!p.trans_b) return small_product<Arch>(p), true;
  if (b_size > kMostCopied) return false;
  alignas(64) T copy[kMostCopied];
  for (std::int64_t term = 0; term < p.k; ++term)
    for (std::int64_t j = 0; j < p.n; ++j) copy[term * p.n + j] = p.b[j * p.ldb + term];
  small_product<Arch>(
      Product<T>{p.trans_a, false, p.m, p.n, p.k, p.a, p.lda, copy, p.n, p.c, p.ldc, p.beta});
  return true;
}

/// `multiply_small` for one row.
template <class Arch, class T>
bool multiply_small_row(const Product<T>& p) noexcept {
  constexpr std::int64_t kMostWork = 1 << 15, kMostDotWork = 1 << 17, kFewTerms = 4;
  if (p.n * p.k > (p.trans_b ? kMostDotWork : kMostWork)) return false;
  if (!p.trans_b) return small_product<Arch>(p), true;
  if (p.k <= kFewTerms) return false;
  return small_row_of_dots<Arch>(p), true;
}

/// Multiplies without BLAS where that was measured to be faster, and says whether it did. Matrices
/// of a single row or column have to be dense.
template <class Arch, class T>
bool multiply_small(const Product<T>& p) noexcept {
  // No copy of p where it can be helped: to read in large pieces what was just written in small
  // ones stalls.
  if (p.m == 1) return multiply_small_row<Arch>(p);
  if (p.n > 1) return multiply_small_matrix<Arch>(p);
  return multiply_small_row<Arch>(as_row(p));
}

/// `multiply_small` for one instruction set.
struct SmallGemm {
  bool (*multiply_float)(const Product<float>&) noexcept;
  bool (*multiply_double)(const Product<double>&) noexcept;
};
SmallGemm avx2_small_gemm() noexcept;
SmallGemm avx512_small_gemm() noexcept;

}  // namespace tapegrad::kernels
