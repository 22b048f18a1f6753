#include "autograd/kernels/gemm.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include "autograd/kernels/blas.h"
#include "autograd/kernels/cpu.h"
#include "autograd/kernels/parallel.h"
#include "autograd/kernels/small_gemm.h"

namespace tapegrad::kernels {
namespace {

/// C = beta C; beta = 0 does not read C.
template <class T>
void scale(const Product<T>& p) {
  for (std::int64_t i = 0; i < p.m; ++i) {
    T* row = p.c + i * p.ldc;
    for (std::int64_t j = 0; j < p.n; ++j) row[j] = p.beta == 0 ? T{0} : p.beta * row[j];
  }
}

SmallGemm small_gemm_of_machine() noexcept {
#if defined(TAPEGRAD_X86)
  if (detect_isa() == Isa::avx512) return avx512_small_gemm();
  if (detect_isa() == Isa::avx2) return avx2_small_gemm();
#endif
  const auto never = [](const auto&) noexcept { return false; };
  return {never, never};
}

/// One whole product on the calling thread.
template <class T>
void multiply(const Product<T>& p) {
  static const SmallGemm small = small_gemm_of_machine();
  bool done;
  if constexpr (sizeof(T) == 4)
    done = small.multiply_float(p);
  else
    done = small.multiply_double(p);
  if (!done) blas_multiply(p);
}

/// Numbers of multiplications; a nanosecond is worth 30 to 60.
constexpr std::int64_t kOneCallWork = 1 << 19;  // not worth a look at tiles
constexpr std::int64_t kGroupWork = 1 << 21;    // worth waking a thread

std::int64_t round_up(std::int64_t size, std::int64_t unit) {
  return (size + unit - 1) / unit * unit;
}

/// Size of the tiles of C that one BLAS call computes.
struct TileSize {
  std::int64_t rows, columns;
};

/// Tiles for which OpenBLAS uses its small kernels, if they are worth it. While the matrices stay
/// in the cache, a product made of such tiles is 5 to 25 % faster than one call, because nothing is
/// copied: 115 instead of 95 GFLOP/s. The limits of work and entries are those of its
/// `gemm_small_kernel_permit`; the others and the shapes of the tiles were measured.
template <class T>
std::optional<TileSize> small_tiles(const Product<T>& p) {
  constexpr std::int64_t kMostWork = 1'000'000, kMostDotProducts = 1200;
  constexpr std::int64_t kCacheBytes = 9 << 19, kAliasBytes = 4096, size = sizeof(T);
  const bool dot_products = !p.trans_a && p.trans_b;
  if (p.k > 1900 || (p.trans_a && p.trans_b) || (dot_products && p.k < 200)) return {};
  const std::int64_t most = kMostWork / p.k;
  const std::int64_t entries = dot_products ? std::min(most, kMostDotProducts) : most;
  if (p.m * p.n <= entries) return {};
  if ((p.m * p.k + p.k * p.n + p.m * p.n) * size > kCacheBytes) return {};
  // Many rows at such a distance compete for the same lines of the cache.
  if (p.k > 256 && (p.lda * size % kAliasBytes == 0 || p.ldb * size % kAliasBytes == 0)) return {};
  if (!blas_has_small_kernels()) return {};
  const std::int64_t rows = std::min<std::int64_t>(p.m, dot_products ? 32 : 24);
  const std::int64_t columns = std::min<std::int64_t>(128, entries / rows / 16 * 16);
  return TileSize{rows, std::min(p.n, columns)};
}

/// The tiles depend on the shapes alone, so that the bits do not depend on the number of threads.
template <class T>
TileSize tile_size(const Product<T>& p) {
  if (p.m * p.n * p.k <= kOneCallWork) return {p.m, p.n};
  if (p.m == 1 || p.n == 1) {
    constexpr std::int64_t kWork = 1 << 19;
    const std::int64_t entries = round_up(std::max<std::int64_t>(1, kWork / p.k), 64);
    return {std::min(p.m, entries), std::min(p.n, entries)};
  }
  if (const auto small = small_tiles(p)) return *small;
  // Every call copies its operands into blocks, so few and large tiles cost least: 2 to 5 % here.
  constexpr std::int64_t kSplitWork = 1 << 22, kTileWork = 1 << 27;
  const std::int64_t work = p.m * p.n * p.k;
  TileSize tile{p.m, p.n};
  for (std::int64_t pieces = work < kSplitWork ? 1 : std::max<std::int64_t>(2, work / kTileWork);
       pieces > 1; pieces = (pieces + 1) / 2) {
    if (tile.columns / 2 >= tile.rows)
      tile.columns = round_up(tile.columns / 2, 64);
    else
      tile.rows = round_up(tile.rows / 2, 32);
  }
  return {std::min(tile.rows, p.m), std::min(tile.columns, p.n)};
}

/// CBLAS takes sizes as int.
template <class T>
void check_lengths(const Product<T>& p) {
  if (std::max({p.k, p.lda, p.ldb, p.ldc}) > std::numeric_limits<int>::max())
    throw std::length_error("gemm: a row of more than 2^31 - 1 entries is not supported");
}

/// `count` products. Their tiles are numbered through and handed out in groups.
template <class T>
void run(const Product<T>& first, std::int64_t count, BatchStrides strides) {
  if (first.m <= 0 || first.n <= 0 || count <= 0) return;
  const bool empty = first.k <= 0;
  if (count == 1 && !empty && first.m * first.n * first.k <= kOneCallWork) return multiply(first);
  if (!empty) check_lengths(first);
  const TileSize tile = empty ? TileSize{first.m, first.n} : tile_size(first);
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
      if (empty) {
        scale(p);
      } else if (tiles == 1) {
        multiply(p);
      } else {
        const std::int64_t i = t % tiles / across * tile.rows, j = t % across * tile.columns;
        blas_multiply(p.part(i, std::min(tile.rows, p.m - i), j, std::min(tile.columns, p.n - j)));
      }
    }
  };
  parallel_for((total + group - 1) / group, multiply_group);
}

template <class T>
Product<T> dense(bool trans_a, bool trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                 const T* a, const T* b, T* c, T beta) {
  return {trans_a, trans_b, m, n, k, a, trans_a ? m : k, b, trans_b ? k : n, c, n, beta};
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
