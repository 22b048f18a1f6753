#pragma once

#include <cstdint>

namespace tapegrad::kernels {

/// C = op(A) op(B) + beta C for dense row-major matrices.
///
/// op(A) is m x k and op(B) is k x n: A is stored as m x k, or as k x m if `trans_a`; B as k x n,
/// or as n x k if `trans_b`; C is m x n and overlaps neither. beta = 0 writes C without reading it;
/// k = 0 leaves beta C. Infinities and NaN flow as IEEE 754 says (0 * inf is NaN). Uses up to
/// `num_threads()` threads; the bits of the result do not depend on their number.
void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const float* a, const float* b, float* c, float beta);
void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const double* a, const double* b, double* c, double beta);

/// C = op(A) op(B) + 1 row: `row` has n entries and is added to every row of the product. Arguments
/// otherwise as for `gemm`; C is not read.
void gemm_plus_row(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                   const float* a, const float* b, const float* row, float* c);
void gemm_plus_row(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                   const double* a, const double* b, const double* row, double* c);

/// Distances, in elements, from one matrix of a batch to the next; 0 uses the same matrix for all.
/// C's matrices must not overlap.
struct BatchStrides {
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t c = 0;
};

/// `gemm` for `count` triples of matrices of equal shape.
void gemm_batched(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m, std::int64_t n,
                  std::int64_t k, const float* a, const float* b, float* c, BatchStrides strides,
                  float beta);
void gemm_batched(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m, std::int64_t n,
                  std::int64_t k, const double* a, const double* b, double* c, BatchStrides strides,
                  double beta);

/// C = op(A) op(B) by plain loops, for element types other than these. Arguments as for
/// `gemm`.
template <class T>
void matmul_naive(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                  const T* a, const T* b, T* c) {
  const std::int64_t a_row = trans_a ? 1 : k, a_column = trans_a ? m : 1;
  const std::int64_t b_row = trans_b ? 1 : n, b_column = trans_b ? k : 1;
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      T sum{};
      for (std::int64_t p = 0; p < k; ++p)
        sum += a[i * a_row + p * a_column] * b[p * b_row + j * b_column];
      c[i * n + j] = sum;
    }
  }
}

}  // namespace tapegrad::kernels
