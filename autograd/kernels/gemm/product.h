#pragma once

#include <cstdint>

#include "autograd/kernels/simd/cpu.h"

// What a matrix product is made of. Plain data, shared by the files of all instruction sets.

namespace tapegrad::kernels {

/// C = op(A) op(B) + beta D, row-major; see `gemm`. Nearly always D is C; it may be a single row
/// that is added to every row of the product (`ldd` = 0). The matrices may be parts of larger ones:
/// `lda`, `ldb`, `ldc` and `ldd` are the distances between their stored rows.
template <class T>
struct Product {
  bool trans_a, trans_b;
  std::int64_t m, n, k;
  const T* a;
  std::int64_t lda;
  const T* b;
  std::int64_t ldb;
  T* c;
  std::int64_t ldc;
  const T* d;
  std::int64_t ldd;
  T beta;

  /// What computes rows [i, i + rows) and columns [j, j + columns) of the result.
  Product part(std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) const {
    Product p = *this;
    p.a += i * (trans_a ? 1 : lda);
    p.b += j * (trans_b ? ldb : 1);
    p.c += i * ldc + j;
    p.d += i * ldd + j;
    p.m = rows;
    p.n = columns;
    return p;
  }
};

/// A part of C, `m` x `n`, and where its numbers come from: C = A B + beta D. Entry (i, p) of A is
/// a[i * a_row + p * a_term]. The rows of B are `b_term` apart; from its first columns to the next
/// ones, as many as a tile has, it is `b_panel`.
template <class T>
struct Block {
  std::int64_t m, n, k;
  const T* a;
  std::int64_t a_row, a_term;
  const T* b;
  std::int64_t b_term, b_panel;
  T* c;
  std::int64_t ldc;
  const T* d;
  std::int64_t ldd;
  T beta;
};

/// The kernels of products: what computes blocks, for one instruction set.
template <class T>
struct BlockKernels {
  /// Numbers in a vector, and columns of a tile.
  std::int64_t vector, tile_columns;
  /// Whether `tiles` takes a B whose last vector is not full; otherwise it has to be packed.
  bool loads_parts;
  /// Whether there are 16 vector registers, not 32.
  bool few_registers;
  /// Computes a block; B by rows.
  void (*tiles)(const Block<T>&) noexcept;
  /// The same for a B that is stored transposed, as `n` rows with a distance of `b_term`, and an A
  /// with `a_term` = 1.
  void (*dots)(const Block<T>&) noexcept;
  /// Copies `k` rows and `n` columns of B to `to`, in panels of `tile_columns` columns; B's stored
  /// rows are `distance` apart, and are its columns if `transposed`.
  void (*pack)(const T* b, std::int64_t distance, bool transposed, std::int64_t k, std::int64_t n,
               T* to) noexcept;
};

}  // namespace tapegrad::kernels
