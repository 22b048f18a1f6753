#pragma once

#include <cstdint>

// The one place that knows which BLAS is linked.

namespace tapegrad::kernels {

/// C = op(A) op(B) + beta C, row-major; see `gemm`. A, B and C may be parts of larger matrices:
/// `lda`, `ldb` and `ldc` are the lengths of their stored rows.
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
  T beta;

  /// What computes rows [i, i + rows) and columns [j, j + columns) of the result.
  Product part(std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns) const {
    Product p = *this;
    p.a += i * (trans_a ? 1 : lda);
    p.b += j * (trans_b ? ldb : 1);
    p.c += i * ldc + j;
    p.m = rows;
    p.n = columns;
    return p;
  }
};

/// Computes the product on the calling thread. Sizes and lengths must be positive and fit an `int`.
void blas_multiply(const Product<float>& product);
void blas_multiply(const Product<double>& product);

/// True when the BLAS multiplies small matrices where they are, without copying them into blocks
/// first. OpenBLAS does so with AVX-512, up to a million multiplications.
bool blas_has_small_kernels();

}  // namespace tapegrad::kernels
