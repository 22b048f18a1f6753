#include "tests/benchmarks/bounds.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "autograd/kernels/gemm/gemm.h"

// Each loop is compiled for several instruction sets, as the library's are.
#if defined(__x86_64__) && defined(__linux__)
#define TAPEGRAD_EVERY_ISA __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define TAPEGRAD_EVERY_ISA
#endif

namespace bench {

namespace {

/// Aligned as tensors are.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), kAlignment));
  }
  void deallocate(T* block, std::size_t) noexcept { ::operator delete(block, kAlignment); }
  friend bool operator==(AlignedAllocator, AlignedAllocator) { return true; }
};

template <class T>
using Numbers = std::vector<T, AlignedAllocator<T>>;
using Floats = Numbers<float>;

TAPEGRAD_EVERY_ISA void multiply(std::int64_t n, const float* __restrict a,
                                 const float* __restrict b, float* __restrict out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] * b[i];
}

TAPEGRAD_EVERY_ISA void multiply_add(std::int64_t n, const float* __restrict a,
                                     const float* __restrict b, float* __restrict out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] += a[i] * b[i];
}

/// Sixty-four sums, so that no addition waits for the one before.
TAPEGRAD_EVERY_ISA float add_up(std::int64_t n, const float* values) {
  constexpr std::int64_t kSums = 64;
  float sums[kSums] = {};
  std::int64_t i = 0;
  for (; i + kSums <= n; i += kSums)
    for (std::int64_t j = 0; j < kSums; ++j) sums[j] += values[i + j];
  for (; i < n; ++i) sums[i % kSums] += values[i];
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

/// `count` products of matrices of one shape.
struct Product {
  bool trans_a, trans_b;
  std::int64_t m, n, k;
  std::int64_t count = 1;
};

/// The products of `list`, each on matrices of its own.
template <class T>
Call run_products(const std::vector<Product>& list) {
  struct Matrices {
    Product shape;
    Numbers<T> a, b, c;
  };
  auto all = std::make_shared<std::vector<Matrices>>();
  for (const Product& p : list) {
    const auto matrix = [](std::int64_t rows, std::int64_t columns) {
      Numbers<T> values(static_cast<std::size_t>(rows * columns));
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<T>(static_cast<double>(i % 17) / 17 - 0.45);
      return values;
    };
    all->push_back(
        {p, matrix(p.count * p.m, p.k), matrix(p.count * p.k, p.n), matrix(p.count * p.m, p.n)});
  }
  return [all] {
    for (Matrices& one : *all) {
      const Product& p = one.shape;
      tapegrad::kernels::gemm_batched(p.trans_a, p.trans_b, p.count, p.m, p.n, p.k, one.a.data(),
                                      one.b.data(), one.c.data(), {p.m * p.k, p.k * p.n, p.m * p.n},
                                      T(0));
    }
  };
}

template <class Spec>
Call run_products(const Spec& spec, const std::vector<Product>& list) {
  return spec.type == Type::float32 ? run_products<float>(list) : run_products<double>(list);
}

enum class Way { forward, step, hessian };

/// Per layer: x W^T forward, g^T x for its weight, g W for its input unless that is the data. The
/// derivative of a product of two matrices is two products, but one where a factor is the data.
std::vector<Product> products(const NetworkSpec& spec, Way way) {
  std::vector<Product> list;
  for (std::size_t i = 0; i + 1 < spec.widths.size(); ++i) {
    const std::int64_t in = spec.widths[i], out = spec.widths[i + 1];
    const bool first = i == 0;
    const int both = way == Way::hessian ? (first ? 2 : 3) : 1;
    list.insert(list.end(), static_cast<std::size_t>(both), {false, true, spec.batch, out, in});
    if (way == Way::forward) continue;
    list.insert(list.end(), static_cast<std::size_t>(both), {true, false, out, in, spec.batch});
    if (!first)
      list.insert(list.end(), static_cast<std::size_t>(both), {false, false, spec.batch, in, out});
  }
  return list;
}

/// A b, a m x k and b k x n, and the gradients of both: g b^T and a^T g.
void add_product(std::vector<Product>& list, bool trans_b, std::int64_t m, std::int64_t n,
                 std::int64_t k, std::int64_t count = 1) {
  list.push_back({false, trans_b, m, n, k, count});
  list.push_back({false, !trans_b, m, k, n, count});
  list.push_back(trans_b ? Product{true, false, n, k, m, count}
                         : Product{true, false, k, n, m, count});
}

}  // namespace

Call forward_products(const NetworkSpec& spec) {
  return run_products(spec, products(spec, Way::forward));
}

Call step_products(const NetworkSpec& spec) {
  return run_products(spec, products(spec, Way::step));
}

Call step_products(const TransformerSpec& spec) {
  const std::int64_t width = spec.width, rows = spec.batch * spec.block;
  std::vector<Product> list;
  for (const auto& [in, out] : {std::pair{width, 3 * width},
                                {width, width},
                                {width, 4 * width},
                                {4 * width, width},
                                {width, spec.letters}})
    add_product(list, true, rows, out, in);
  const std::int64_t size = width / spec.heads, count = spec.batch * spec.heads;
  add_product(list, true, spec.block, spec.block, size, count);   // scores
  add_product(list, false, spec.block, size, spec.block, count);  // what was asked for
  return run_products(spec, list);
}

Call hessian_vector_products(const NetworkSpec& spec) {
  return run_products(spec, products(spec, Way::hessian));
}

Call square_products(std::int64_t size) {
  return run_products<float>({{false, false, size, size, size},
                              {true, false, size, size, size},
                              {false, true, size, size, size}});
}

Call product_loops(std::int64_t n, int steps, bool backward) {
  const auto size = static_cast<std::size_t>(n);
  struct Buffers {
    Floats x, w, out, sum;
  };
  auto all = std::make_shared<Buffers>(
      Buffers{Floats(size, 1.0f), Floats(size, 1.0f), Floats(size), Floats(size)});
  return [all, n, steps, backward] {
    float* x = all->x.data();
    float* out = all->out.data();
    for (int i = 0; i < steps; ++i) {
      multiply(n, x, all->w.data(), out);
      std::swap(x, out);
    }
    if (!backward) return;
    std::memset(all->sum.data(), 0, sizeof(float) * all->sum.size());
    for (int i = 0; i < steps; ++i) {
      multiply_add(n, x, all->w.data(), all->sum.data());
      multiply(n, x, all->w.data(), out);
      std::swap(x, out);
    }
  };
}

Call copies(std::int64_t n, int times) {
  const auto size = static_cast<std::size_t>(n);
  auto from =
      std::make_shared<std::vector<Floats>>(static_cast<std::size_t>(times), Floats(size, 1.0f));
  auto to = std::make_shared<std::vector<Floats>>(*from);
  return [from, to, size] {
    for (std::size_t i = 0; i < from->size(); ++i)
      std::memcpy((*to)[i].data(), (*from)[i].data(), size * sizeof(float));
  };
}

Call reads(std::int64_t n) {
  auto values = std::make_shared<Floats>(static_cast<std::size_t>(n), 1.0f);
  return [values, n] { benchmark::DoNotOptimize(add_up(n, values->data())); };
}

}  // namespace bench
