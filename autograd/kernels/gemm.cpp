#include "autograd/kernels/gemm.h"

#include <algorithm>
#include <memory>
#include <new>

#include "autograd/kernels/blas.h"
#include "autograd/kernels/cpu.h"
#include "autograd/kernels/gemm_plan.h"
#include "autograd/kernels/parallel.h"

namespace tapegrad::kernels {
namespace {

const GemmKernels& gemm_kernels_of_machine() noexcept {
#if defined(TAPEGRAD_X86)
  if (detect_isa() == Isa::avx512) return avx512_gemm();
  if (detect_isa() == Isa::avx2) return avx2_gemm();
#endif
  return baseline_gemm();
}

template <class T>
const BlockKernels<T>& block_kernels() noexcept {
  static const GemmKernels& kernels = gemm_kernels_of_machine();
  if constexpr (sizeof(T) == 4)
    return kernels.of_float;
  else
    return kernels.of_double;
}

/// Memory for copies of B. Every thread keeps the largest piece that it ever needed, at most 2 MiB,
/// until it ends.
void* workspace(std::int64_t bytes) {
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(void* memory) const noexcept { ::operator delete(memory, kAlignment); }
  };
  thread_local std::unique_ptr<void, Free> memory;
  thread_local std::int64_t size = 0;
  if (bytes > size) {
    size = 0;
    memory.reset();
    memory.reset(::operator new(static_cast<std::size_t>(bytes), kAlignment));
    size = bytes;
  }
  return memory.get();
}

/// C = beta D, without reading D when beta is 0.
template <class T>
void scale(const Product<T>& p) {
  for (std::int64_t i = 0; i < p.m; ++i) {
    const T* d = p.d + i * p.ldd;
    T* c = p.c + i * p.ldc;
    for (std::int64_t j = 0; j < p.n; ++j) c[j] = p.beta == 0 ? T{0} : p.beta * d[j];
  }
}

/// One whole product on the calling thread, by our own kernels.
template <class T>
void multiply(const Product<T>& p) {
  using Plan = GemmPlan<T>;
  const BlockKernels<T>& kernels = block_kernels<T>();
  const Plan plan(p, kernels);
  T* copy = nullptr;
  if (plan.method == Plan::Method::packed) {
    constexpr std::int64_t bytes = sizeof(T);
    copy = static_cast<T*>(workspace(plan.copy_size(p, kernels) * bytes));
  }
  Block<T> block;
  block.m = p.m;
  block.a_row = p.trans_a ? 1 : p.lda;
  block.a_term = p.trans_a ? p.lda : 1;
  block.b_term = p.ldb;
  block.b_panel = kernels.tile_columns;
  block.ldc = p.ldc;
  block.d = p.d;
  block.ldd = p.ldd;
  block.beta = p.beta;
  for (std::int64_t term = 0; term < p.k; term += plan.terms) {
    block.k = std::min(plan.terms, p.k - term);
    block.a = p.a + term * block.a_term;
    const T* d = term == 0 ? p.d : p.c;
    for (std::int64_t j = 0; j < p.n; j += plan.columns) {
      block.n = std::min(plan.columns, p.n - j);
      block.b = p.b + (p.trans_b ? j * p.ldb + term : term * p.ldb + j);
      block.c = p.c + j;
      block.d = d + j;
      if (plan.method == Plan::Method::dots) {
        kernels.dots(block);
        continue;
      }
      if (plan.method == Plan::Method::packed) {
        kernels.pack(block.b, p.ldb, p.trans_b, block.k, block.n, copy);
        block.b = copy;
        block.b_term = kernels.tile_columns;
        block.b_panel = block.k * block.b_term;
      }
      kernels.tiles(block);
    }
    // The products of the next terms are added to what is there.
    block.ldd = p.ldc;
    block.beta = 1;
  }
}

/// Whether C is one column of a product that is better seen as a row.
template <class T>
bool is_column(const Product<T>& p) {
  return p.n == 1 && p.m > 1 && p.ldc == 1 && p.ldd == 1 && (p.trans_b || p.ldb == 1);
}

/// The transposed problem, C^T = op(B)^T op(A)^T, for such a column.
template <class T>
Product<T> as_row(const Product<T>& p) {
  return {false, !p.trans_a, 1, p.m, p.k, p.b, p.k, p.a, p.lda, p.c, p.m, p.d, p.m, p.beta};
}

/// Numbers of multiplications; a nanosecond is worth 30 to 60.
constexpr std::int64_t kOneCallWork = 1 << 19;  // not worth a look at tiles
constexpr std::int64_t kGroupWork = 1 << 21;    // worth waking a thread

std::int64_t round_up(std::int64_t size, std::int64_t unit) {
  return (size + unit - 1) / unit * unit;
}

/// The part of C that one thread computes at a time.
struct Tile {
  std::int64_t rows, columns;
};

/// It depends on the shapes alone, so that the bits do not depend on the number of threads.
Tile tile_for(std::int64_t m, std::int64_t n, std::int64_t k) {
  if (m * n * k <= kOneCallWork) return {m, n};
  if (m == 1) return {m, std::min(n, round_up(std::max<std::int64_t>(1, kOneCallWork / k), 64))};
  // Columns first: every tile copies its columns of B, which costs more, the fewer rows it has.
  constexpr std::int64_t kPieces = 16, kColumns = 64, kRows = 192;
  const std::int64_t least = std::max(m * n * k / kPieces, kGroupWork);
  Tile tile{m, n};
  while (tile.rows * tile.columns * k >= 2 * least) {
    if (tile.columns >= 2 * kColumns)
      tile.columns = round_up(tile.columns / 2, kColumns);
    else if (tile.rows >= 2 * kRows)
      tile.rows = round_up(tile.rows / 2, 24);
    else
      break;
  }
  return tile;
}

/// One tile: by the BLAS, if there is one and the tile is worth a call.
template <class T>
void multiply_tile_of(const Product<T>& p) {
  if (p.m * p.n * p.k <= kOneCallWork || !blas_multiply(p)) multiply(p);
}

/// `count` products. Their tiles are numbered through and handed out in groups.
template <class T>
void run(Product<T> first, std::int64_t count, BatchStrides strides) {
  if (first.m <= 0 || first.n <= 0 || count <= 0) return;
  if (is_column(first)) first = as_row(first);
  const bool empty = first.k <= 0;
  if (count == 1 && !empty && first.m * first.n * first.k <= kOneCallWork) return multiply(first);
  const Tile tile = empty ? Tile{first.m, first.n} : tile_for(first.m, first.n, first.k);
  const std::int64_t down = (first.m + tile.rows - 1) / tile.rows;
  const std::int64_t across = (first.n + tile.columns - 1) / tile.columns;
  const std::int64_t tiles = down * across;

  const std::int64_t work = tile.rows * tile.columns * std::max<std::int64_t>(1, first.k);
  const std::int64_t group = std::max<std::int64_t>(1, kGroupWork / work);
  const std::int64_t total = count * tiles;
  const auto multiply_group = [&](std::int64_t g) __attribute__((noinline)) {
    const std::int64_t end = std::min(total, (g + 1) * group);
    for (std::int64_t t = g * group; t < end; ++t) {
      Product<T> p = first;
      p.a += t / tiles * strides.a;
      p.b += t / tiles * strides.b;
      p.c += t / tiles * strides.c;
      p.d += t / tiles * strides.c;
      const std::int64_t i = t % tiles / across * tile.rows, j = t % across * tile.columns;
      p = p.part(i, std::min(tile.rows, p.m - i), j, std::min(tile.columns, p.n - j));
      if (empty)
        scale(p);
      else
        multiply_tile_of(p);
    }
  };
  parallel_for((total + group - 1) / group, multiply_group);
}

template <class T>
Product<T> dense(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                 const T* a, const T* b, T* c, T beta) {
  return {trans_a, trans_b, m, n, k, a, trans_a ? m : k, b, trans_b ? k : n, c, n, c, n, beta};
}

template <class T>
Product<T> with_row(Product<T> p, const T* row) {
  p.d = row;
  p.ldd = 0;
  return p;
}

}  // namespace

void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const float* a, const float* b, float* c, float beta) {
  run(dense(trans_a, trans_b, m, n, k, a, b, c, beta), 1, {});
}
void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const double* a, const double* b, double* c, double beta) {
  run(dense(trans_a, trans_b, m, n, k, a, b, c, beta), 1, {});
}

void gemm_plus_row(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                   const float* a, const float* b, const float* row, float* c) {
  run(with_row(dense(trans_a, trans_b, m, n, k, a, b, c, 1.0f), row), 1, {});
}
void gemm_plus_row(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                   const double* a, const double* b, const double* row, double* c) {
  run(with_row(dense(trans_a, trans_b, m, n, k, a, b, c, 1.0), row), 1, {});
}

void gemm_batched(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m, std::int64_t n,
                  std::int64_t k, const float* a, const float* b, float* c, BatchStrides strides,
                  float beta) {
  run(dense(trans_a, trans_b, m, n, k, a, b, c, beta), count, strides);
}
void gemm_batched(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m, std::int64_t n,
                  std::int64_t k, const double* a, const double* b, double* c, BatchStrides strides,
                  double beta) {
  run(dense(trans_a, trans_b, m, n, k, a, b, c, beta), count, strides);
}

}  // namespace tapegrad::kernels
