#pragma once

#include "autograd/kernels/gemm/tile.h"

// Products C = A B^T where both matrices are read along their rows: each entry of C is the dot
// product of two rows, and nothing has to be copied. Adding up the lanes at the end costs as much
// as a few vectors of terms, so that this pays for long rows and few rows of A.

namespace tapegrad::kernels {

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

/// Dot products that are computed together; at least a vector of them.
template <class T, class Arch>
inline constexpr int kDotsTogether = sizeof(Vec<T, Arch>) == 64 ? 16 : 8;

/// `rows` rows of C from row i on, and as many columns as make `kDotsTogether`, from column j on.
/// but none from `end` on. Where there are fewer, the last row or column stands for the others.
template <int rows, class Arch, class T>
[[gnu::always_inline]] inline void multiply_dots(const Block<T>& block, std::int64_t i,
                                                 std::int64_t j, std::int64_t end) noexcept {
  using V = Vec<T, Arch>;
  constexpr int together = kDotsTogether<T, Arch>, columns = together / rows;
  constexpr int size = static_cast<int>(V::size);
  const std::int64_t row_count = block.m - i < rows ? block.m - i : rows;
  const std::int64_t column_count = end - j < columns ? end - j : columns;
  const T *a[rows], *b[columns];
  a[0] = block.a + i * block.a_row;
  unrolled<rows - 1>([&](auto r) { a[r + 1] = a[r] + (r + 1 < row_count ? block.a_row : 0); });
  b[0] = block.b + j * block.b_term;
  unrolled<columns - 1>(
      [&](auto c) { b[c + 1] = b[c] + (c + 1 < column_count ? block.b_term : 0); });
  V sum[together];
  unrolled<together>([&](auto s) { sum[s] = V(T(0)); });
  const auto add_terms = [&](auto load) __attribute__((always_inline)) {
    V left[rows];
    unrolled<rows>([&](auto r) { left[r] = load(a[r]); });
    unrolled<columns>([&](auto c) {
      const V right = load(b[c]);
      unrolled<rows>(
          [&](auto r) { sum[r * columns + c] = fma(left[r], right, sum[r * columns + c]); });
    });
  };
  std::int64_t term = 0;
  for (; term + size <= block.k; term += size)
    add_terms([&](const T* row) { return V::load(row + term); });
  if (term < block.k) {
    const Lanes<T, Arch> lanes(block.k - term);
    add_terms([&](const T* row) { return lanes.load(row + term); });
  }
  if constexpr (rows == 1) {
    T* c = block.c + i * block.ldc + j;
    const T* d = block.d + i * block.ldd + j;
    unrolled<together / size>([&](auto v) {
      const std::int64_t left = column_count - v * size;
      if (left <= 0) return;
      const Lanes<T, Arch> lanes(left < size ? left : size);
      V dots = sum_each<size>(sum + v * size);
      if (block.beta != 0) dots = fma(V(block.beta), lanes.load(d + v * size), dots);
      lanes.store(dots, c + v * size);
    });
  } else {
    alignas(64) T dots[together];
    unrolled<together / size>(
        [&](auto v) { sum_each<size>(sum + v * size).store(dots + v * size); });
    const std::int64_t ldc = block.ldc, ldd = block.ldd;
    const T beta = block.beta;
    T* c = block.c + i * ldc + j;
    const T* d = block.d + i * ldd + j;
    if (beta == 0 && row_count == rows && column_count == columns) {
      unrolled<rows>(
          [&](auto r) { __builtin_memcpy(c + r * ldc, dots + r * columns, columns * sizeof(T)); });
      return;
    }
    for (std::int64_t r = 0; r < row_count; ++r, c += ldc, d += ldd)
      for (std::int64_t e = 0; e < column_count; ++e)
        c[e] = dots[r * columns + e] + (beta == 0 ? T(0) : beta * d[e]);
  }
}

/// The rows from row i on that `rows` covers, and the columns from j to `end`.
template <int rows, class Arch, class T>
[[gnu::flatten, gnu::noinline]] void multiply_dots_across(const Block<T>& block, std::int64_t i,
                                                          std::int64_t j,
                                                          std::int64_t end) noexcept {
  for (; j < end; j += kDotsTogether<T, Arch> / rows) multiply_dots<rows, Arch>(block, i, j, end);
}

/// See `BlockKernels::dots`.
template <class Arch, class T>
void multiply_block_of_dots(const Block<T>& block) noexcept {
  // Four rows at a time, or eight for a few columns that are left; one or two rows one by one.
  constexpr std::int64_t wide = kDotsTogether<T, Arch> / 4, narrow = wide / 2;
  const std::int64_t left = block.n % wide;
  const bool eight = kLoadsParts<T, Arch> && block.m >= 8 && left <= narrow;
  const std::int64_t end = eight ? block.n - left : block.n;
  std::int64_t i = 0;
  if constexpr (kLoadsParts<T, Arch>)
    for (; i + 3 <= block.m; i += 4) multiply_dots_across<4, Arch>(block, i, 0, end);
  for (; i < block.m; ++i) multiply_dots_across<1, Arch>(block, i, 0, end);
  if constexpr (kLoadsParts<T, Arch>)
    for (i = 0; end < block.n && i < block.m; i += 8)
      multiply_dots_across<8, Arch>(block, i, end, block.n);
}

}  // namespace tapegrad::kernels
