#include "autograd/base/fail.h"
#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/rows/rows_table.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/row_tiles.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

namespace {

using detail::in;
using detail::RowTile;
using detail::run_rows;
using kernels::RowKernels;

// Along the last dimension; the public functions bring another one there. Fused rules are one pass
// over memory.

/// exp(x) / sum(exp(x)). dx = y (g - sum(g y)).
struct Softmax {
  static constexpr const char* name = "softmax";
  static constexpr const char* onnx = "y = Softmax<axis=-1>(a)";
  static constexpr Reads reads[] = {kY}, fused = kA;
  static Tensor forward(const Tensor& x) {
    return run_rows<RowKernels>(
        name, x,
        []<class T>(const RowKernels<T>& loops, RowTile tile, const T* from, T* to) {
          loops.softmax(from + tile.start(), to + tile.start(), tile.rows, tile.length);
        },
        in(x));
  }
  static Tensor vjp(const Tensor& g, auto, const Tensor& y) {
    return y * (g - sum(g * y, -1, true));
  }
  static Tensor vjp_fused(const Tensor& g, auto, const Tensor& y) {
    return run_rows<RowKernels>(
        "softmax_rule", y,
        []<class T>(const RowKernels<T>& loops, RowTile tile, const T* gradient, const T* result,
                    T* to) {
          const std::int64_t at = tile.start();
          loops.softmax_rule(gradient + at, result + at, to + at, tile.rows, tile.length);
        },
        in(g), in(y));
  }
};

/// x - log(sum(exp(x))). dx = g - exp(y) sum(g).
struct LogSoftmax {
  static constexpr const char* name = "log_softmax";
  static constexpr const char* onnx = "y = LogSoftmax<axis=-1>(a)";
  static constexpr Reads reads[] = {kY}, fused = kA;
  static Tensor forward(const Tensor& x) {
    return run_rows<RowKernels>(
        name, x,
        []<class T>(const RowKernels<T>& loops, RowTile tile, const T* from, T* to) {
          loops.log_softmax(from + tile.start(), to + tile.start(), tile.rows, tile.length);
        },
        in(x));
  }
  static Tensor vjp(const Tensor& g, auto, const Tensor& y) {
    return g - exp(y) * sum(g, -1, true);
  }
  static Tensor vjp_fused(const Tensor& g, auto, const Tensor& y) {
    return run_rows<RowKernels>(
        "log_softmax_rule", y,
        []<class T>(const RowKernels<T>& loops, RowTile tile, const T* gradient, const T* result,
                    T* to) {
          const std::int64_t at = tile.start();
          loops.log_softmax_rule(gradient + at, result + at, to + at, tile.rows, tile.length);
        },
        in(g), in(y));
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

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo softmax_cases() {
  Draw draw;
  return {"softmax",
          {{"rows", {draw({3, 4})}, [](const Inputs& in) { return softmax(in[0], 1); }},
           {"columns", {draw({3, 4})}, [](const Inputs& in) { return softmax(in[0], 0); }},
           {"masked",
            {draw({2, 3}), tensor({{true, false, true}, {false, false, false}})},
            [](const Inputs& in) { return masked_softmax(in[0], in[1], 1); }}}};
}

OperatorInfo log_softmax_cases() {
  Draw draw;
  return {"log_softmax",
          {{"rows", {draw({3, 4})}, [](const Inputs& in) { return log_softmax(in[0], 1); }},
           {"columns", {draw({3, 4})}, [](const Inputs& in) { return log_softmax(in[0], 0); }}}};
}

}  // namespace detail

}  // namespace tapegrad
