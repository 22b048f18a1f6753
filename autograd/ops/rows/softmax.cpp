#include <algorithm>

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
using kernels::RowMasks;

// Along the last dimension; the public functions bring another one there. Fused rules are one pass
// over memory.

/// exp(x) / sum(exp(x)). dx = y (g - sum(g y)).
struct Softmax {
  static constexpr const char* name = "softmax";
  static constexpr Sparsity sparsity = Sparsity::rows;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool symmetric = true;
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

/// Which row of a mask each row of `x` has; for `RowMasks`.
struct MaskRows {
  Tensor mask;  // [..., n]
  std::int64_t repeat = 1, count;

  /// `mask` is of the rank of `x` and broadcasts to it. A mask that serves runs of rows, or comes
  /// again after some, is read where it is: [n], [n, n] in a batch, [batch, 1, 1, n].
  MaskRows(const Shape& x, const Tensor& given) : mask(given) {
    const Shape& own = given.shape();
    const int rank = x.rank() - 1;  // of the rows
    int first = 0, last = rank;
    while (first < last && own[first] == 1) ++first;
    while (first < last && own[last - 1] == 1) --last;
    if (own[rank] != x[rank] ||
        !std::equal(own.begin() + first, own.begin() + last, x.begin() + first))
      mask = expand(mask, x);
    else if (last < rank)
      repeat = x.slice(last, rank).numel();
    count = x[rank] > 0 ? mask.numel() / x[rank] : 0;
  }
};

/// softmax over the entries where a mask holds, 0 elsewhere; a row where those are all -inf, or
/// none, is 0. As that of softmax, but that nothing counts where the mask does not hold, and
/// nothing in such a row: dx = y (g - sum(g y)).
struct MaskedSoftmax {
  static constexpr const char* name = "masked_softmax";
  static constexpr Sparsity sparsity = Sparsity::rows;
  static constexpr bool symmetric = true;
  static constexpr const char* onnx =
      "k = Where(b, a, -inf); y = Where(And(b, Not(Equal(ReduceMax<axes=[-1]>(k), -inf))), "
      "Softmax<axis=-1>(k), 0)";
  static constexpr Reads reads[] = {kB | kY, kNone}, constant = kB, fused = kA;
  static Tensor forward(const Tensor& x, const Tensor& mask) {
    const MaskRows masks(x.shape(), mask);
    return run_rows<RowKernels>(
        name, x,
        []<class T>(const RowKernels<T>& loops, RowTile tile, std::int64_t repeat,
                    std::int64_t count, const T* from, const bool* holds, T* to) {
          loops.masked_softmax(from + tile.start(),
                               RowMasks::from(holds, repeat, count, tile.first), to + tile.start(),
                               tile.rows, tile.length);
        },
        masks.repeat, masks.count, in(x), in<bool>(masks.mask));
  }
  static Tensor batched(const Batch& batch) { return masked_softmax(batch[0], batch[1], -1); }
  static Tensor vjp_a(const Tensor& g, auto, const Tensor& mask, const Tensor& y) {
    if (y.numel() == 0) return y;
    const Tensor live = mask & (amax(y.detach(), -1, true) != 0);
    const Tensor h = where(live, g, 0);
    return where(live, y * (h - sum(h * y, -1, true)), 0);
  }
  static Tensor vjp_fused_a(const Tensor& g, auto, const Tensor& mask, const Tensor& y) {
    const MaskRows masks(y.shape(), mask);
    return run_rows<RowKernels>(
        "masked_softmax_rule", y,
        []<class T>(const RowKernels<T>& loops, RowTile tile, std::int64_t repeat,
                    std::int64_t count, const T* gradient, const T* result, const bool* holds,
                    T* to) {
          const std::int64_t at = tile.start();
          loops.masked_softmax_rule(gradient + at, result + at,
                                    RowMasks::from(holds, repeat, count, tile.first), to + at,
                                    tile.rows, tile.length);
        },
        masks.repeat, masks.count, in(g), in(y), in<bool>(masks.mask));
  }
};

/// x - log(sum(exp(x))). dx = g - exp(y) sum(g).
struct LogSoftmax {
  static constexpr const char* name = "log_softmax";
  static constexpr Sparsity sparsity = Sparsity::rows;
  static constexpr Leading leading = Leading::shift;
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
  static Tensor jvp(const Tensor& t, const Tensor&, const Tensor& y) {
    return t - sum(exp(y) * t, -1, true);
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

/// Applies `Op` along `dim`, which `others` of the rank of `x` have, too.
template <class Op, class... Others>
Tensor along(const Tensor& x, int dim, const Others&... others) {
  detail::require_floating(x, Op::name);
  const int d = detail::normal_dim(dim, x.dim(), Op::name);
  if (x.dim() == 0) return reshape(apply(Op{}, reshape(x, 1), reshape(others, 1)...), {});
  if (d == x.dim() - 1) return apply(Op{}, x, others...);
  return transpose(apply(Op{}, transpose(x, d, -1), transpose(others, d, -1)...), d, -1);
}

}  // namespace

Tensor softmax(const Tensor& x, int dim) { return along<Softmax>(x, dim); }
Tensor log_softmax(const Tensor& x, int dim) { return along<LogSoftmax>(x, dim); }

Tensor masked_softmax(const Tensor& x, const Tensor& mask, int dim) {
  detail::require_defined(x, mask, MaskedSoftmax::name);
  if (mask.dtype() != boolean)
    fail<DTypeError>("masked_softmax: the mask must be bool, not {}; write mask != 0",
                     mask.dtype());
  const Shape shape = detail::broadcast(x.shape(), mask.shape(), MaskedSoftmax::name);
  Tensor values = is_floating_point(x.dtype()) ? x : x.to(get_default_dtype());
  if (values.shape() != shape) values = expand(values, shape);
  if (mask.dim() == shape.rank()) return along<MaskedSoftmax>(values, dim, mask);
  Shape of_mask = mask.shape();
  while (of_mask.rank() < shape.rank()) of_mask.insert(0, 1);
  return along<MaskedSoftmax>(values, dim, reshape(mask, of_mask));
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo softmax_cases() {
  Draw draw;
  return {"softmax",
          {{"rows", {draw({3, 4})}, [](const Inputs& in) { return softmax(in[0], 1); }},
           {"columns", {draw({3, 4})}, [](const Inputs& in) { return softmax(in[0], 0); }}},
          Invariance::unsaid,
          Invariance::stays};
}

OperatorInfo masked_softmax_cases() {
  Draw draw;
  const auto rows = [](const Inputs& in) { return masked_softmax(in[0], in[1], -1); };
  const auto columns = [](const Inputs& in) { return masked_softmax(in[0], in[1], 0); };
  const Tensor mask = tensor({{true, false, true}, {false, false, false}, {true, true, true}});
  return {"masked_softmax",
          {{"rows, one without any entry", {draw({3, 3}), mask}, rows},
           {"columns", {draw({3, 3}), mask}, columns},
           {"one mask for each of a batch", {draw({2, 3, 3}), mask}, rows},
           {"one mask for runs of rows", {draw({3, 2, 3}), unsqueeze(mask, 1)}, rows},
           {"a mask for whole rows", {draw({2, 3}), tensor({{true}, {false}})}, rows}},
          Invariance::unsaid,
          Invariance::stays};
}

OperatorInfo log_softmax_cases() {
  Draw draw;
  return {"log_softmax",
          {{"rows", {draw({3, 4})}, [](const Inputs& in) { return log_softmax(in[0], 1); }},
           {"columns", {draw({3, 4})}, [](const Inputs& in) { return log_softmax(in[0], 0); }}},
          Invariance::unsaid,
          Invariance::stays};
}

}  // namespace detail

}  // namespace tapegrad
