#include "autograd/kernels/gemm/gemm.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "autograd/base/threads/parallel.h"
#include "autograd/base/threads/thread_kept.h"
#include "autograd/kernels/gemm/blas.h"
#include "autograd/kernels/gemm/plan.h"
#include "autograd/kernels/simd/cpu.h"

namespace tapegrad::kernels {
namespace {

std::int64_t round_up(std::int64_t size, std::int64_t unit) {
  return (size + unit - 1) / unit * unit;
}

/// Numbers of a copy that is small enough for the stack.
constexpr std::int64_t kSmallCopy = 2048;

/// Memory for copies of blocks. Every thread keeps the largest piece that it
/// ever needed, not much more than 2 MiB, until it ends.
class Workspace {
 public:
  void* of(std::int64_t bytes) {
    if (bytes > size_) {
      size_ = 0;
      memory_.reset();  // first, so that there are never two
      memory_.reset(::operator new(static_cast<std::size_t>(bytes), kAlignment));
      size_ = bytes;
    }
    return memory_.get();
  }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(void* memory) const noexcept { ::operator delete(memory, kAlignment); }
  };
  std::unique_ptr<void, Free> memory_;
  std::int64_t size_ = 0;
};

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
[[gnu::noinline]] void multiply(const Product<T>& p) {
  using Method = typename GemmPlan<T>::Method;
  const BlockKernels<T>& kernels = chosen<BlockKernels<T>>();
  const GemmPlan<T> plan(p, kernels);
  const std::int64_t width = kernels.tile_columns;
  T *a_copy = nullptr, *b_copy = nullptr;
  Workspace own;
  if (plan.method == Method::packed) {
    const std::int64_t a_size = plan.a_size(kernels), size = a_size + plan.b_size(p, kernels);
    Workspace* kept = kept_by_thread<Workspace>();
    a_copy = static_cast<T*>((kept ? kept : &own)->of(size * static_cast<std::int64_t>(sizeof(T))));
    b_copy = a_copy + a_size;
  }
  Block<T> block;
  block.a_row = p.trans_a ? 1 : p.lda;
  block.a_term = p.trans_a ? p.lda : 1;
  block.b_term = p.ldb;
  block.b_panel = width;
  block.ldc = p.ldc;
  block.ldd = p.ldd;
  block.beta = p.beta;
  for (std::int64_t term = 0; term < p.k; term += plan.terms) {
    block.k = std::min(plan.terms, p.k - term);
    const T* d = term == 0 ? p.d : p.c;
    for (std::int64_t j = 0; j < p.n; j += plan.columns) {
      block.m = p.m;
      block.n = std::min(plan.columns, p.n - j);
      block.a = p.a + (p.trans_a ? term * p.lda : term);
      block.b = p.b + (p.trans_b ? j * p.ldb + term : term * p.ldb + j);
      block.c = p.c + j;
      block.d = d + j;
      if (plan.method == Method::dots) {
        kernels.dots(block);
        continue;
      }
      if (plan.method == Method::packed) {
        kernels.pack(block.b, p.ldb, p.trans_b, block.k, block.n, b_copy);
        block.b = b_copy;
        block.b_term = width;
        block.b_panel = block.k * width;
      }
      if (!plan.copy_a) {
        kernels.tiles(block);
        continue;
      }
      block.a = a_copy;
      block.a_term = width;
      for (std::int64_t i = 0; i < p.m; i += width) {
        block.m = std::min(width, p.m - i);
        kernels.pack(p.a + term * p.lda + i, p.lda, false, block.k, block.m, a_copy);
        kernels.tiles(block);
        block.c += width * p.ldc;
        block.d += width * block.ldd;
      }
    }
    // The products of the next terms are added to what is there.
    block.ldd = p.ldc;
    block.beta = 1;
  }
}

/// Computes a block with a small copy of B.
template <class T>
[[gnu::noinline]] void multiply_copied(const BlockKernels<T>& kernels, Block<T>& block,
                                       bool trans_b) {
  alignas(64) T copy[kSmallCopy];
  kernels.pack(block.b, block.b_term, trans_b, block.k, block.n, copy);
  block.b = copy;
  block.b_term = kernels.tile_columns;
  block.b_panel = block.k * block.b_term;
  kernels.tiles(block);
}

/// The product as one block on the calling thread, unless that needs large copies. Small products
/// are as fast as the way to them is short: to read in large pieces what was just written in small
/// ones stalls, so that nothing is copied on it that can be kept in registers.
template <class T>
[[gnu::always_inline]] inline bool multiply_at_once(const Product<T>& p) {
  using Plan = GemmPlan<T>;
  const BlockKernels<T>& kernels = chosen<BlockKernels<T>>();
  const auto method = Plan::best_method(p, kernels);
  const bool copied = method == Plan::Method::packed;
  if (copied && round_up(p.n, kernels.tile_columns) * p.k > kSmallCopy) return false;
  Block<T> block{p.m,
                 p.n,
                 p.k,
                 p.a,
                 p.trans_a ? 1 : p.lda,
                 p.trans_a ? p.lda : 1,
                 p.b,
                 p.ldb,
                 kernels.tile_columns,
                 p.c,
                 p.ldc,
                 p.d,
                 p.ldd,
                 p.beta};
  if (copied)
    multiply_copied(kernels, block, p.trans_b);
  else
    (method == Plan::Method::dots ? kernels.dots : kernels.tiles)(block);
  return true;
}

/// Whether A^T has many more rows than C columns, so that most lanes of the vectors would idle.
template <class T>
bool is_narrow(const Product<T>& p) {
  return p.trans_a && p.k > 1 && p.n > 1 && p.n <= 8 && p.m >= 2 * p.n && p.m * p.n <= kSmallCopy;
}

/// Computes C^T instead, and transposes that.
template <class T>
[[gnu::noinline]] void multiply_narrow(const Product<T>& p) {
  alignas(64) T c[kSmallCopy];
  multiply(Product<T>{!p.trans_b, false, p.n, p.m, p.k, p.b, p.ldb, p.a, p.lda, c, p.m, c, p.m, 0});
  for (std::int64_t i = 0; i < p.m; ++i)
    for (std::int64_t j = 0; j < p.n; ++j) {
      const T product = c[j * p.m + i];
      T& to = p.c[i * p.ldc + j];
      to = p.beta == 0 ? product : product + p.beta * p.d[i * p.ldd + j];
    }
}

/// Numbers of multiplications; a nanosecond is worth 30 to 60.
constexpr std::int64_t kOneCallWork = tile_size(1 << 19);  // not worth a look at tiles
constexpr std::int64_t kGroupWork = tile_size(1 << 21);    // worth waking a thread

/// The part of C that one thread computes at a time.
struct Tile {
  std::int64_t rows, columns;
};

/// It depends on the shapes alone, so that the bits do not depend on the number of threads.
template <class T>
Tile tile_for(const Product<T>& p) {
  const std::int64_t work = p.m * p.n * p.k;
  if (work <= kOneCallWork) return {p.m, p.n};
  if (p.m == 1)
    return {1, std::min(p.n, round_up(std::max<std::int64_t>(1, kOneCallWork / p.k), 64))};
  // Every tile copies the B that it needs, so that it should have many rows, and an A^T, too. Only
  // an A that is read in place may be so for narrow tiles.
  constexpr std::int64_t kPieces = 16;
  const std::int64_t least_rows = tile_size(p.trans_a ? 320 : 192, 24);
  const std::int64_t least_columns = tile_size(p.trans_a ? 320 : 64, 16);
  // Half a product of 100 us would not pay for waking a thread.
  const std::int64_t least_work = std::max(work / kPieces, 2 * kGroupWork);
  Tile tile{p.m, p.n};
  while (tile.rows * tile.columns * p.k >= 2 * least_work) {
    if (tile.columns >= 2 * least_columns)
      tile.columns = round_up(tile.columns / 2, 16);
    else if (tile.rows >= 2 * least_rows)
      tile.rows = round_up(tile.rows / 2, 24);
    else
      break;
  }
  return tile;
}

/// One tile: by the BLAS, if there is one and the tile is worth a call.
template <class T>
[[gnu::noinline]] void multiply_part(const Product<T>& p) {
  if (p.m * p.n * p.k > kOneCallWork && blas_multiply(p)) return;
  if (is_narrow(p)) return multiply_narrow(p);
  multiply(p);
}

/// `count` products. Their tiles are numbered through and handed out in groups.
template <class T>
[[gnu::noinline]] void run_tiles(const Product<T>& first, std::int64_t count,
                                 BatchStrides strides) {
  const bool empty = first.k <= 0;
  const Tile tile = empty ? Tile{first.m, first.n} : tile_for(first);
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
        multiply_part(p);
    }
  };
  parallel_for((total + group - 1) / group, multiply_group);
}

/// `count` products of dense matrices, with C or, if not null, `row` as D.
template <class T>
[[gnu::noinline]] void run(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m,
                           std::int64_t n, std::int64_t k, const T* a, const T* b, const T* row,
                           T* c, BatchStrides strides, T beta) {
  if (m <= 0 || n <= 0 || count <= 0) return;
  // A single row or column is its own transposed matrix, so that there are two ways to see the
  // problem: dot products and sums of rows want a row, a few terms for each entry want a column.
  constexpr std::int64_t kFewTerms = 4;
  std::int64_t lda = trans_a ? m : k, ldb = trans_b ? k : n, ldc = n;
  const bool as_row = n == 1 && m > 1 && (trans_a || k > kFewTerms) && !row;
  const bool as_column = m == 1 && n > 1 && trans_b && k <= kFewTerms && !row;
  if (as_row || as_column) {
    std::swap(a, b);
    std::swap(m, n);
    std::swap(strides.a, strides.b);
    ldb = as_row ? lda : 1;
    lda = k;
    ldc = n;
    trans_b = as_row && !trans_a;
    trans_a = false;
  }
  const Product<T> p{trans_a,       trans_b,       m,   n, k, a, lda, b, ldb, c, ldc,
                     row ? row : c, row ? 0 : ldc, beta};
  if (count == 1 && k > 0 && m * n * k <= kOneCallWork && !is_narrow(p))
    if (multiply_at_once(p)) return;
  run_tiles(p, count, strides);
}

}  // namespace

void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const float* a, const float* b, float* c, float beta) {
  run<float>(trans_a, trans_b, 1, m, n, k, a, b, nullptr, c, {}, beta);
}
void gemm(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
          const double* a, const double* b, double* c, double beta) {
  run<double>(trans_a, trans_b, 1, m, n, k, a, b, nullptr, c, {}, beta);
}

void gemm_plus_row(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                   const float* a, const float* b, const float* row, float* c) {
  run<float>(trans_a, trans_b, 1, m, n, k, a, b, row, c, {}, 1);
}
void gemm_plus_row(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                   const double* a, const double* b, const double* row, double* c) {
  run<double>(trans_a, trans_b, 1, m, n, k, a, b, row, c, {}, 1);
}

void gemm_batched(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m, std::int64_t n,
                  std::int64_t k, const float* a, const float* b, float* c, BatchStrides strides,
                  float beta) {
  run<float>(trans_a, trans_b, count, m, n, k, a, b, nullptr, c, strides, beta);
}
void gemm_batched(bool trans_a, bool trans_b, std::int64_t count, std::int64_t m, std::int64_t n,
                  std::int64_t k, const double* a, const double* b, double* c, BatchStrides strides,
                  double beta) {
  run<double>(trans_a, trans_b, count, m, n, k, a, b, nullptr, c, strides, beta);
}

}  // namespace tapegrad::kernels
