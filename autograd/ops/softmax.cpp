#include "autograd/kernels/parallel.h"
#include "autograd/kernels/rows_table.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/ops/row_tiles.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

namespace {

using detail::data_of;
using detail::fresh_data;
using detail::new_tensor;
using detail::run_rows;

// Along the last dimension; the public functions bring another one there. Fused rules are one pass
// over memory.

/// exp(x) / sum(exp(x)). dx = y (g - sum(g y)).
struct Softmax {
  static constexpr const char* name = "softmax";
  static constexpr Reads reads[] = {kY}, fused = kA;
  static Tensor forward(const Tensor& x) {
    return run_rows<kernels::RowKernels>(
        x, [&]<class T>(const kernels::RowKernels<T>& loops, T* out, std::int64_t first,
                        std::int64_t rows, std::int64_t n) {
          loops.softmax(data_of<T>(x) + first * n, out + first * n, rows, n);
        });
  }
  static Tensor vjp(const Tensor& g, auto, const Tensor& y) {
    return y * (g - sum(g * y, -1, true));
  }
  static Tensor vjp_fused(const Tensor& g, auto, const Tensor& y) {
    return run_rows<kernels::RowKernels>(
        y, [&]<class T>(const kernels::RowKernels<T>& loops, T* out, std::int64_t first,
                        std::int64_t rows, std::int64_t n) {
          loops.softmax_rule(data_of<T>(g) + first * n, data_of<T>(y) + first * n, out + first * n,
                             rows, n);
        });
  }
};

/// x - log(sum(exp(x))). dx = g - exp(y) sum(g).
struct LogSoftmax {
  static constexpr const char* name = "log_softmax";
  static constexpr Reads reads[] = {kY}, fused = kA;
  static Tensor forward(const Tensor& x) {
    return run_rows<kernels::RowKernels>(
        x, [&]<class T>(const kernels::RowKernels<T>& loops, T* out, std::int64_t first,
                        std::int64_t rows, std::int64_t n) {
          loops.log_softmax(data_of<T>(x) + first * n, out + first * n, rows, n);
        });
  }
  static Tensor vjp(const Tensor& g, auto, const Tensor& y) {
    return g - exp(y) * sum(g, -1, true);
  }
  static Tensor vjp_fused(const Tensor& g, auto, const Tensor& y) {
    return run_rows<kernels::RowKernels>(
        y, [&]<class T>(const kernels::RowKernels<T>& loops, T* out, std::int64_t first,
                        std::int64_t rows, std::int64_t n) {
          loops.log_softmax_rule(data_of<T>(g) + first * n, data_of<T>(y) + first * n,
                                 out + first * n, rows, n);
        });
  }
};

/// Applies `Op` along `dim`.
template <class Op>
Tensor along(const Tensor& x, int dim) {
  detail::require_floating(x, Op::name);
  const int d = detail::normal_dim(dim, x.dim(), Op::name);
  if (x.dim() == 0) return reshape(apply(Op{}, reshape(x, 1)), {});
  if (d == x.dim() - 1) return apply(Op{}, x);
  return transpose(apply(Op{}, transpose(x, d, -1)), d, -1);
}

}  // namespace

Tensor softmax(const Tensor& x, int dim) { return along<Softmax>(x, dim); }
Tensor log_softmax(const Tensor& x, int dim) { return along<LogSoftmax>(x, dim); }

Tensor masked_softmax(const Tensor& x, const Tensor& mask, int dim) {
  detail::require_defined(x, mask, "masked_softmax");
  const double minus_infinity = -std::numeric_limits<double>::infinity();
  const Tensor kept = where(mask, x, minus_infinity);
  if (kept.numel() == 0) return kept;
  // A row without any entry becomes a row of zeros here and has none of its values used below.
  const Tensor empty = amax(kept.detach(), dim, true) == minus_infinity;
  return where(mask & !empty, softmax(where(empty, 0, kept), dim), 0);
}

}  // namespace tapegrad
