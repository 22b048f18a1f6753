#include "autograd/kernels/gemm.h"

#include <cblas.h>
#include <algorithm>

// First version so that the library links; the owner of this file replaces it.
namespace tapegrad::kernels {

void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k, const float* a,
          const float* b, float* c, float beta) {
  if (m == 0 || n == 0) return;
  cblas_sgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans,
              int(m), int(n), int(k), 1, a, int(std::max<std::int64_t>(1, trans_a ? m : k)), b, int(std::max<std::int64_t>(1, trans_b ? k : n)), beta, c, int(n));
}
void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k, const double* a,
          const double* b, double* c, double beta) {
  if (m == 0 || n == 0) return;
  cblas_dgemm(CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans,
              int(m), int(n), int(k), 1, a, int(std::max<std::int64_t>(1, trans_a ? m : k)), b, int(std::max<std::int64_t>(1, trans_b ? k : n)), beta, c, int(n));
}
template <class T>
static void batched(bool ta, bool tb, std::int64_t count, std::int64_t m, std::int64_t n, std::int64_t k,
                    const T* a, const T* b, T* c, BatchStrides s, T beta) {
  for (std::int64_t i = 0; i < count; ++i) gemm(ta, tb, m, n, k, a + i * s.a, b + i * s.b, c + i * s.c, beta);
}
void gemm_batched(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m, std::int64_t n,
                  std::int64_t k, const float* a, const float* b, float* c, BatchStrides strides,
                  float beta) { batched(trans_a, trans_b, count, m, n, k, a, b, c, strides, beta); }
void gemm_batched(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m, std::int64_t n,
                  std::int64_t k, const double* a, const double* b, double* c, BatchStrides strides,
                  double beta) { batched(trans_a, trans_b, count, m, n, k, a, b, c, strides, beta); }
}  // namespace tapegrad::kernels
