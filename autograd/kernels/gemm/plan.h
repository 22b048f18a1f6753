#pragma once

#include "autograd/kernels/gemm/product.h"

// How one thread computes a product: which blocks, and which kernel for them.

namespace tapegrad::kernels {

/// `total` in equal parts of at most `most`, which are multiples of 16.
inline std::int64_t even_part(std::int64_t total, std::int64_t most) noexcept {
  const std::int64_t parts = (total + most - 1) / most;
  return ((total + parts - 1) / parts + 15) / 16 * 16;
}

/// The way that costs least for one product. The figures in it were measured.
template <class T>
struct GemmPlan {
  enum class Method {
    in_place,  // tiles, reading B where it is
    packed,    // tiles, reading a copy of a block of B
    dots,      // dot products of rows
  };

  Method method;
  /// Whether A is copied, too: 64 rows of it or so at a time.
  bool copy_a;
  /// The size of a block of B.
  std::int64_t terms, columns;

  GemmPlan(const Product<T>& p, const BlockKernels<T>& kernels) noexcept
      : method(best_method(p, kernels)), copy_a(false), terms(p.k), columns(p.n) {
    if (method == Method::packed) {
      // Where the rows that a tile needs are columns in memory, each is on a page of its own.
      copy_a = p.trans_a && p.n >= kernels.tile_columns && is_far(p.m, p.k, p.lda);
      // With 32 registers, what a tile reads of A, 12 KiB, stays in the first level, and a block of
      // B, 2 MiB, is in the last one. With 16, tiles are smaller and need more: a panel of B, 24
      // KiB, in the first level, and the block, 384 KiB, in the second.
      constexpr std::int64_t kPanels = 16;
      terms = even_part(p.k, kernels.few_registers ? 256 : 2048 / kBytes);
      columns = kPanels * kernels.tile_columns;
    } else if (method == Method::dots) {
      // A few rows of A stay in the first level, a block of B in the second.
      constexpr std::int64_t kMostTerms = 8192 / kBytes, kBlock = 262144 / kBytes;
      terms = even_part(p.k, kMostTerms);
      columns = even_part(p.n, kBlock / terms);
    }
  }

  /// Numbers that the copies have room for: of A first, then of B.
  std::int64_t a_size(const BlockKernels<T>& kernels) const noexcept {
    return copy_a ? terms * kernels.tile_columns : 0;
  }
  std::int64_t b_size(const Product<T>& p, const BlockKernels<T>& kernels) const noexcept {
    const std::int64_t width = kernels.tile_columns;
    return terms * (p.n < columns ? (p.n + width - 1) / width * width : columns);
  }

  static Method best_method(const Product<T>& p, const BlockKernels<T>& kernels) noexcept {
    if (!p.trans_b) {
      // A copy costs as much as a few rows of C.
      const bool must = !kernels.loads_parts && p.n % kernels.vector != 0;
      const bool far_a = p.trans_a && is_far(p.m, p.k, p.lda);
      const bool copy = must || (p.m > 16 && competes(p.k, p.ldb)) ||
                        (p.m > 64 && (is_far(p.n, p.k, p.ldb) || far_a));
      return copy ? Method::packed : Method::in_place;
    }
    if (p.trans_a) return Method::packed;
    // In operations on vectors: to transpose one of B costs about 7, to add up its lanes about 3.
    const std::int64_t size = kernels.vector, vectors = (p.k + size - 1) / size;
    const std::int64_t tiles = p.m * ((p.n + size - 1) / size) * p.k + 7 * p.n * vectors;
    const std::int64_t dot = kernels.few_registers ? vectors + vectors / 4 + 3 : vectors + 3;
    return p.m * p.n * dot <= tiles ? Method::dots : Method::packed;
  }

 private:
  static constexpr std::int64_t kBytes = sizeof(T);

  /// Whether the rows of a matrix compete for the same places in the cache.
  static bool competes(std::int64_t rows, std::int64_t distance) noexcept {
    return rows > 64 && distance * kBytes % 4096 == 0;
  }
  /// Whether a matrix is not read fast enough for one tile after the other: it does, or it does not
  /// fit into the second level of the cache.
  static bool is_far(std::int64_t columns, std::int64_t rows, std::int64_t distance) noexcept {
    return competes(rows, distance) || rows * columns * kBytes > 512 << 10;
  }
};

}  // namespace tapegrad::kernels
