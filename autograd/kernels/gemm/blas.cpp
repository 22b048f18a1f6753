#include "autograd/kernels/gemm/blas.h"

#if !defined(TAPEGRAD_HAVE_CBLAS)

namespace tapegrad::kernels {

bool blas_multiply(const Product<float>&) { return false; }
bool blas_multiply(const Product<double>&) { return false; }

}  // namespace tapegrad::kernels

#else

#include <cblas.h>

#include <algorithm>
#include <limits>

#if defined(OPENBLAS_VERSION)

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

// The serial build of OpenBLAS (Debian's, for one) hands out its work buffers without a lock. Two
// threads that multiply at the same moment may get the same buffer, and both get wrong numbers:
// with four threads about one small product in a thousand. Our link line therefore has
// --wrap=blas_memory_alloc and
// --wrap=blas_memory_free, by which the linker sends OpenBLAS's calls here. The names are the
// linker's.

namespace {
std::mutex buffer_mutex;
std::mutex call_mutex;  // for a link line without --wrap
std::atomic<bool> buffers_are_locked{false};
}  // namespace

extern "C" {
[[gnu::weak]] void* __real_blas_memory_alloc(int kind);
[[gnu::weak]] void __real_blas_memory_free(void* buffer);

void* __wrap_blas_memory_alloc(int kind);
void __wrap_blas_memory_free(void* buffer);

void* __wrap_blas_memory_alloc(int kind) {
  const std::lock_guard lock(buffer_mutex);
  buffers_are_locked.store(true, std::memory_order_relaxed);
  return __real_blas_memory_alloc(kind);
}
void __wrap_blas_memory_free(void* buffer) {
  const std::lock_guard lock(buffer_mutex);
  __real_blas_memory_free(buffer);
}
}

namespace tapegrad::kernels {
namespace {

/// Whether threads may call BLAS at the same time: not in a serial OpenBLAS without the linker's
/// help.
bool is_thread_safe() {
  static const bool safe = [] {
    if (openblas_get_parallel() != OPENBLAS_SEQUENTIAL) return true;
    constexpr int size = 104;  // more than a million multiplications: needs a work buffer
    std::vector<float> m(std::size_t{3} * size * size);
    float* c = m.data() + std::size_t{2} * size * size;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasTrans, size, size, size, 1, m.data(), size,
                m.data() + size * size, size, 0, c, size);
    return buffers_are_locked.load(std::memory_order_relaxed);
  }();
  return safe;
}

/// Calls `f` so that no other thread is in BLAS where that would be wrong.
template <class F>
void call_blas(F f) {
  if (is_thread_safe()) return f();
  const std::lock_guard lock(call_mutex);
  f();
}

}  // namespace

}  // namespace tapegrad::kernels

#else

namespace tapegrad::kernels {
namespace {

template <class F>
void call_blas(F f) {
  f();
}

}  // namespace

}  // namespace tapegrad::kernels

#endif

namespace tapegrad::kernels {
namespace {

int blas_int(std::int64_t size) { return static_cast<int>(size); }
CBLAS_TRANSPOSE blas_flag(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

void gemm_of(const Product<float>& p) {
  cblas_sgemm(CblasRowMajor, blas_flag(p.trans_a), blas_flag(p.trans_b), blas_int(p.m),
              blas_int(p.n), blas_int(p.k), 1, p.a, blas_int(p.lda), p.b, blas_int(p.ldb), p.beta,
              p.c, blas_int(p.ldc));
}
void gemm_of(const Product<double>& p) {
  cblas_dgemm(CblasRowMajor, blas_flag(p.trans_a), blas_flag(p.trans_b), blas_int(p.m),
              blas_int(p.n), blas_int(p.k), 1, p.a, blas_int(p.lda), p.b, blas_int(p.ldb), p.beta,
              p.c, blas_int(p.ldc));
}

/// y = op(M) x + beta y, where M is stored as rows x columns.
void gemv_of(bool trans, std::int64_t rows, std::int64_t columns, const float* m, std::int64_t ldm,
             const float* x, std::int64_t stride_x, float beta, float* y, std::int64_t stride_y) {
  cblas_sgemv(CblasRowMajor, blas_flag(trans), blas_int(rows), blas_int(columns), 1, m,
              blas_int(ldm), x, blas_int(stride_x), beta, y, blas_int(stride_y));
}
void gemv_of(bool trans, std::int64_t rows, std::int64_t columns, const double* m, std::int64_t ldm,
             const double* x, std::int64_t stride_x, double beta, double* y,
             std::int64_t stride_y) {
  cblas_dgemv(CblasRowMajor, blas_flag(trans), blas_int(rows), blas_int(columns), 1, m,
              blas_int(ldm), x, blas_int(stride_x), beta, y, blas_int(stride_y));
}

/// gemv is up to five times as fast as gemm for a single row or column.
template <class T>
bool blas_product(Product<T> p) {
  if (std::max({p.m, p.n, p.k, p.lda, p.ldb, p.ldc}) > std::numeric_limits<int>::max())
    return false;
  if (p.beta != 0 && p.d != p.c) {
    // BLAS adds to C alone.
    for (std::int64_t i = 0; i < p.m; ++i) std::copy_n(p.d + i * p.ldd, p.n, p.c + i * p.ldc);
  }
  call_blas([&] {
    if (p.n == 1) {
      gemv_of(p.trans_a, p.trans_a ? p.k : p.m, p.trans_a ? p.m : p.k, p.a, p.lda, p.b,
              p.trans_b ? 1 : p.ldb, p.beta, p.c, p.ldc);
    } else if (p.m == 1) {
      gemv_of(!p.trans_b, p.trans_b ? p.n : p.k, p.trans_b ? p.k : p.n, p.b, p.ldb, p.a,
              p.trans_a ? p.lda : 1, p.beta, p.c, 1);
    } else {
      gemm_of(p);
    }
  });
  return true;
}

}  // namespace

bool blas_multiply(const Product<float>& product) { return blas_product(product); }
bool blas_multiply(const Product<double>& product) { return blas_product(product); }

}  // namespace tapegrad::kernels

#endif
