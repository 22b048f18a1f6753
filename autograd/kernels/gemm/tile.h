#pragma once

#include <utility>

#include "autograd/kernels/gemm/product.h"
#include "autograd/kernels/simd/basic.h"

// The innermost part of a matrix product: a tile of C stays in registers while one column of A
// times one row of B after the other is added to it. Compiled once per instruction set; see
// vec.h.
//
// K. Goto, R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM Transactions
// on Mathematical Software 34(3), 2008; F. Van Zee, R. van de Geijn, "BLIS: A Framework for Rapidly
// Instantiating BLAS Functionality", the same, 41(3), 2015.

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

/// The first `count` lanes of a vector, 0 < count <= size.
template <class T, class Arch>
struct Lanes {
  using V = Vec<T, Arch>;
  std::int64_t count;

  /// Reads these lanes and nothing beyond; the others are 0.
  [[gnu::always_inline]] V load(const T* from) const noexcept {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
      return typename V::Batch(_mm512_maskz_loadu_ps(mask, from));
    else
      return typename V::Batch(_mm512_maskz_loadu_pd(mask, from));
#elif defined(__AVX2__)
    if constexpr (sizeof(T) == 4)
      return typename V::Batch(_mm256_maskload_ps(from, mask));
    else
      return typename V::Batch(_mm256_maskload_pd(from, mask));
#else
    return load_from(from, count);
#endif
  }
  /// Writes these lanes and nothing beyond.
  [[gnu::always_inline]] void store(V value, T* to) const noexcept {
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
      _mm512_mask_storeu_ps(to, mask, value.value);
    else
      _mm512_mask_storeu_pd(to, mask, value.value);
#else
    if (count == V::size)
      value.store(to);
    else
      value.store_part(to, count);
#endif
  }

#if defined(__AVX512F__)
  std::conditional_t<sizeof(T) == 4, __mmask16, __mmask8> mask;
  [[gnu::always_inline]] explicit Lanes(std::int64_t n) noexcept
      : count(n), mask(static_cast<decltype(mask)>((1u << n) - 1u)) {}
#elif defined(__AVX2__)
  __m256i mask;
  [[gnu::always_inline]] explicit Lanes(std::int64_t n) noexcept : count(n) {
    if constexpr (sizeof(T) == 4)
      mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)),
                                _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    else
      mask = _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3));
  }
#else
  [[gnu::always_inline]] explicit Lanes(std::int64_t n) noexcept : count(n) {}

 private:
  [[gnu::noinline]] static V load_from(const T* from, std::int64_t count) noexcept {
    alignas(Arch::alignment()) T lanes[V::size] = {};
    for (std::int64_t i = 0; i < count; ++i) lanes[i] = from[i];
    return V::load(lanes);
  }
#endif
};

/// Whether the instruction set can read a part of a vector. Where it cannot, B is packed when its
/// last vector is not full, and the rest of that vector is 0.
template <class T, class Arch>
inline constexpr bool kLoadsParts = sizeof(Vec<T, Arch>) > 16;

/// How large a tile is: as many sums as the registers hold beside a row of B and a number of A.
template <class T, class Arch>
struct TileSize {
#if defined(__AVX512F__) || defined(__aarch64__)  // 32 registers
  static constexpr int rows = 6, vectors = 4;
#else  // 16 registers
  static constexpr int rows = 4, vectors = 3;
#endif
  static constexpr std::int64_t columns = vectors * Vec<T, Arch>::size;
};

/// Computes `rows` rows and `vectors` vectors of columns of C, from row i and column j on; `b` is
/// the first row of B there. Of the last vector only the lanes `last` exist, if `part`.
template <int rows, int vectors, bool part, class Arch, class T>
[[gnu::always_inline]] inline void multiply_tile(const Block<T>& block, std::int64_t i,
                                                 std::int64_t j, const T* b,
                                                 Lanes<T, Arch> last) noexcept {
  using V = Vec<T, Arch>;
  constexpr auto is_part = [](int v) { return part && v + 1 == vectors; };
  // A processor can begin an addition before the last one ended, so small tiles split their sums.
  constexpr int sums = rows * vectors >= 6 ? 1 : rows * vectors >= 3 ? 2 : 4;
  V sum[sums][rows][vectors];
  unrolled<sums>([&](auto s) {
    unrolled<rows>([&](auto r) { unrolled<vectors>([&](auto v) { sum[s][r][v] = V(T(0)); }); });
  });
  const T* a = block.a + i * block.a_row;
  const std::int64_t a_row = block.a_row, a_term = block.a_term, b_term = block.b_term;
  const auto add_term = [&](auto s) __attribute__((always_inline)) {
    V row[vectors];
    unrolled<vectors>([&](auto v) {
      const T* from = b + v * V::size;
      row[v] = is_part(v) && kLoadsParts<T, Arch> ? last.load(from) : V::load(from);
    });
    unrolled<rows>([&](auto r) {
      const V factor(a[r * a_row]);
      unrolled<vectors>([&](auto v) { sum[s][r][v] = fma(factor, row[v], sum[s][r][v]); });
    });
    a += a_term;
    b += b_term;
  };
  std::int64_t terms = block.k;
  for (; terms >= sums; terms -= sums) unrolled<sums>(add_term);
  if constexpr (sums > 1)
    for (; terms > 0; --terms) add_term(std::integral_constant<int, 0>());

  T* c = block.c + i * block.ldc + j;
  const T* d = block.d + i * block.ldd + j;
  const std::int64_t ldc = block.ldc, ldd = block.ldd;
  const T beta = block.beta;
  unrolled<rows>([&](auto r) {
    unrolled<vectors>(
        [&](auto v) { unrolled<sums - 1>([&](auto s) { sum[0][r][v] += sum[s + 1][r][v]; }); });
    if (beta != 0) {
      unrolled<vectors>([&](auto v) {
        const T* from = d + v * V::size;
        const V start = is_part(v) ? last.load(from) : V::load(from);
        sum[0][r][v] = fma(V(beta), start, sum[0][r][v]);
      });
    }
    unrolled<vectors>([&](auto v) {
      if (is_part(v))
        last.store(sum[0][r][v], c + v * V::size);
      else
        sum[0][r][v].store(c + v * V::size);
    });
    c += ldc;
    d += ldd;
  });
}

/// The columns from j on, not more than `vectors` vectors of them.
template <int rows, int vectors, class Arch, class T>
[[gnu::always_inline]] inline void multiply_rest(const Block<T>& block, std::int64_t i,
                                                 std::int64_t j, const T* b) noexcept {
  const std::int64_t before = (vectors - 1) * Vec<T, Arch>::size, columns = block.n - j;
  if constexpr (vectors > 1)
    if (columns <= before) return multiply_rest<rows, vectors - 1, Arch>(block, i, j, b);
  multiply_tile<rows, vectors, true>(block, i, j, b, Lanes<T, Arch>(columns - before));
}

/// All columns of `rows` rows of C, from row i on.
template <int rows, class Arch, class T>
[[gnu::flatten, gnu::noinline]] void multiply_across(const Block<T>& block,
                                                     std::int64_t i) noexcept {
  using Size = TileSize<T, Arch>;
  const T* b = block.b;
  std::int64_t j = 0;
  if constexpr (rows == 1) {
    // A row alone needs more columns to keep the processor busy.
    constexpr std::int64_t wide = 8 * Vec<T, Arch>::size;
    if (block.b_panel == Size::columns)
      for (; j + wide <= block.n; j += wide, b += wide)
        multiply_tile<1, 8, false>(block, i, j, b, Lanes<T, Arch>(1));
  }
  // With AVX-512 a mask costs nothing, and one tile does for both full and part.
  constexpr std::int64_t size = Vec<T, Arch>::size, before = Size::columns - size;
  constexpr bool part = size * sizeof(T) == 64;
  for (; block.n - j >= (part ? before + 1 : Size::columns);
       j += Size::columns, b += block.b_panel) {
    const std::int64_t left = block.n - j - before;
    multiply_tile<rows, Size::vectors, part>(block, i, j, b,
                                             Lanes<T, Arch>(left < size ? left : size));
  }
  if (j < block.n) multiply_rest<rows, Size::vectors - part, Arch>(block, i, j, b);
}

/// All rows of C from row i on, `rows` at a time while there are as many.
template <int rows, class Arch, class T>
[[gnu::always_inline]] inline void multiply_down(const Block<T>& block, std::int64_t i) noexcept {
  for (; i + rows <= block.m; i += rows) multiply_across<rows, Arch>(block, i);
  constexpr int fewer = TileSize<T, Arch>::rows == 4 ? 1 : rows == 6 ? 4 : rows / 2;
  if constexpr (rows > 1) multiply_down<fewer, Arch>(block, i);
}

/// Eight rows of a block of at most one vector of columns, where six would not keep the processor
/// busy; as often as there are eight rows. Returns the first row that is left.
template <class Arch, class T>
[[gnu::flatten, gnu::noinline]] std::int64_t multiply_narrow(const Block<T>& block) noexcept {
  std::int64_t i = 0;
  for (; i + 8 <= block.m; i += 8)
    multiply_tile<8, 1, true>(block, i, 0, block.b, Lanes<T, Arch>(block.n));
  return i;
}

/// All rows of a block.
template <class Arch, class T>
[[gnu::noinline]] void multiply_rows(const Block<T>& block) noexcept {
  std::int64_t i = 0;
  if constexpr (TileSize<T, Arch>::rows == 6)
    if (block.n <= Vec<T, Arch>::size) i = multiply_narrow<Arch>(block);
  multiply_down<TileSize<T, Arch>::rows, Arch>(block, i);
}

/// See `BlockKernels::tiles`. With few registers, a panel of B after the other; see `GemmPlan`.
template <class Arch, class T>
void multiply_block(const Block<T>& block) noexcept {
  using Size = TileSize<T, Arch>;
  if (Size::vectors > 3 || block.b_panel == Size::columns) return multiply_rows<Arch>(block);
  Block<T> panel = block;
  for (std::int64_t left = block.n; left > 0; left -= Size::columns) {
    panel.n = left < Size::columns ? left : Size::columns;
    multiply_rows<Arch>(panel);
    panel.b += block.b_panel;
    panel.c += Size::columns;
    panel.d += Size::columns;
  }
}

}  // namespace tapegrad::kernels
