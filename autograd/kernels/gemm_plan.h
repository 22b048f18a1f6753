#pragma once

#include "autograd/kernels/gemm_product.h"

// How one thread computes a product: which blocks, and which kernel for them.

namespace tapegrad::kernels {

/// `total` in equal parts of at most `most`, which are multiples of 16.
inline std::int64_t even_part(std::int64_t total, std::int64_t most) noexcept {
  const std::int64_t parts = (total + most - 1) / most;
  return ((total + parts - 1) / parts + 15) / 16 * 16;
}

/// The kernel and the sizes of a block of B.
template <class T>
struct GemmPlan {
  enum class Method {
    in_place,  // tiles, reading B where it is
    packed,    // tiles, reading a copy of a block of B
    dots,      // dot products of rows
  };

  Method method;
  std::int64_t terms, columns;

  GemmPlan(const Product<T>& p, const BlockKernels<T>& kernels) noexcept
      : method(best_method(p, kernels)), terms(p.k), columns(p.n) {
    if (method == Method::packed) {
      // The rows of A that a tile needs, 12 KiB, stay in the first level of the cache. A block of
      // B, 2 MiB, is in the last one, which gives it to the tiles at a third of its speed.
      constexpr std::int64_t kMostTerms = 2048 / kBytes, kPanels = 16;
      terms = even_part(p.k, kMostTerms);
      columns = kPanels * kernels.tile_columns;
    } else if (method == Method::dots) {
      // A few rows of A stay in the first level, a block of B in the second.
      constexpr std::int64_t kMostTerms = 8192 / kBytes, kBlock = 262144 / kBytes;
      terms = even_part(p.k, kMostTerms);
      columns = even_part(p.n, kBlock / terms);
    }
  }

  /// Numbers that the copy of a block of B has room for.
  std::int64_t copy_size(const Product<T>& p, const BlockKernels<T>& kernels) const noexcept {
    const std::int64_t width = kernels.tile_columns;
    return terms * (p.n < columns ? (p.n + width - 1) / width * width : columns);
  }

 private:
  static constexpr std::int64_t kBytes = sizeof(T);

  static Method best_method(const Product<T>& p, const BlockKernels<T>& kernels) noexcept {
    if (!p.trans_b) {
      // A copy costs as much as a few rows of C. Without one, B must come fast enough: from the
      // second level of the cache, and from lines that do not compete for the same place.
      const bool fits = p.k * p.n * kBytes <= 512 << 10;
      const bool competes = p.ldb * kBytes % 4096 == 0 && p.k > 64;
      const bool must = !kernels.loads_parts && p.n % kernels.vector != 0;
      const bool copy = must || (competes && p.m > 16) || (!fits && p.m > 64);
      return copy ? Method::packed : Method::in_place;
    }
    if (p.trans_a) return Method::packed;
    // In operations on vectors: to transpose one of B costs about 7, to add up its lanes about 3.
    const std::int64_t size = kernels.vector, vectors = (p.k + size - 1) / size;
    const std::int64_t tiles = p.m * ((p.n + size - 1) / size) * p.k + 7 * p.n * vectors;
    return p.m * p.n * (vectors + 3) <= tiles ? Method::dots : Method::packed;
  }
};

}  // namespace tapegrad::kernels
