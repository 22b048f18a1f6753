#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/kernels/rows/layer_norm_table.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/row_tiles.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/reduce/reduce.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

namespace {

using detail::in;
using detail::launch;
using detail::new_tensor;
using detail::out;
using detail::RowTile;
using kernels::LayerNormKernels;

/// Rows `[rows, n]` to mean 0 and variance 1, times weight `[n]`, plus bias `[n]`.
///
/// With z = (x - mean) / sqrt(var + eps) and h = g weight:
/// dx = (h - mean(h) - z mean(h z)) / sqrt(var + eps), dweight = sum(g z), dbias = sum(g) over
/// rows.
struct LayerNorm {
  static constexpr const char* name = "layer_norm";
  static constexpr Sparsity sparsity = Sparsity::rows;
  static constexpr Reads reads[] = {kA | kB | kKept, kA | kKept, kNone}, fused = kA | kB | kC;
  /// Of each row: center and offset, whose sum is the mean, and 1 / deviation.
  static constexpr std::size_t kept_values = 3;
  using KeptRows = const Kept<kept_values>&;
  double eps;
  static constexpr void visit(auto& op, auto f) { f("eps", op.eps); }
  /// LayerNormalization computes in float32 and needs a scale.
  static std::string onnx(const LayerNorm&, std::span<const Tensor* const> inputs) {
    const bool weight = inputs[1]->defined(), bias = inputs[2]->defined();
    if (weight && inputs[0]->dtype() == float32)
      return fmt::format("y = LayerNormalization<axis=-1, epsilon={{eps}}>(a, b{})",
                         bias ? ", c" : "");
    return fmt::format(
        "d = Sub(a, ReduceMean<axes=[-1]>(a)); "
        "z = Div(d, Sqrt(Add(ReduceMean<axes=[-1]>(Mul(d, d)), {{eps}}))); w = {}; y = {}",
        weight ? "Mul(z, b)" : "Identity(z)", bias ? "Add(w, c)" : "Identity(w)");
  }

  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias,
                 Kept<kept_values>& row) const {
    for (Tensor& value : row) value = new_tensor(x.shape()[0], x.dtype());
    return detail::run_rows<LayerNormKernels>(
        name, x,
        []<class T>(const LayerNormKernels<T>& loops, RowTile tile, double small, const T* from,
                    const T* w, const T* b, T* center, T* offset, T* scale, T* to) {
          loops.layer_norm(from + tile.start(), w, b, T(small), to + tile.start(),
                           center + tile.first, offset + tile.first, scale + tile.first, tile.rows,
                           tile.length);
        },
        eps, in(x), in(weight), in(bias), out(row[0]), out(row[1]), out(row[2]));
  }

  /// Mean 0 and variance 1 by plain operators, so that it can be differentiated; `scale` is 1 /
  /// deviation.
  Tensor normalised(const Tensor& x, Tensor& scale) const {
    // 1 / sqrt(deviation^2 + eps), without a square that leaves the range.
    const Tensor deviation = std(x, -1, 0, true);
    const double root = std::sqrt(eps);
    const Tensor larger = maximum(deviation.detach(), root);
    const Tensor size = where(larger == 0, 1, larger);
    scale = 1 / (size * sqrt(square(deviation / size) + square(root / size)));
    return detail::deviation(x, Dims(x.dim() - 1)) * scale;
  }

  Tensor vjp_a(const Tensor& g, const Tensor& x, const Tensor& weight, auto, auto, auto) const {
    Tensor scale;
    const Tensor z = normalised(x, scale);
    const Tensor h = weight.defined() ? g * weight : g;
    return scale * (h - mean(h, -1, true) - z * mean(h * z, -1, true));
  }
  Tensor vjp_fused_a(const Tensor& g, const Tensor& x, const Tensor& weight, auto, auto,
                     KeptRows row) const {
    return detail::run_rows<LayerNormKernels>(
        "layer_norm_rule", x,
        []<class T>(const LayerNormKernels<T>& loops, RowTile tile, const T* gradient,
                    const T* from, const T* center, const T* offset, const T* scale, const T* w,
                    T* to) {
          loops.layer_norm_rule(gradient + tile.start(), from + tile.start(), center + tile.first,
                                offset + tile.first, scale + tile.first, w, to + tile.start(),
                                tile.rows, tile.length);
        },
        in(g), in(x), in(row[0]), in(row[1]), in(row[2]), in(weight));
  }

  Tensor vjp_b(const Tensor& g, const Tensor& x, auto, auto, auto, auto) const {
    Tensor scale;
    return sum(g * normalised(x, scale), 0);
  }
  /// sum(g z) over the rows in one pass: partial sums of fixed groups, then their sum.
  static Tensor vjp_fused_b(const Tensor& g, const Tensor& x, auto, auto, auto, KeptRows row) {
    static constexpr std::int64_t group = kernels::tile_size(64, 4);
    const std::int64_t rows = x.shape()[0], n = x.shape()[1];
    const Tensor sums = zeros({(rows + group - 1) / group, n}, x.dtype());
    visit_floating(x.dtype(), [&]<class T>(T) {
      launch(
          "layer_norm_sums",
          [](std::int64_t all, std::int64_t length, const T* gradient, const T* from,
             const T* center, const T* offset, const T* scale, T* to) {
            const auto sum_group = [=](std::int64_t t) {
              const std::int64_t first = t * group, at = first * length;
              kernels::chosen<LayerNormKernels<T>>().layer_norm_sums(
                  gradient + at, from + at, center + first, offset + first, scale + first,
                  to + t * length, std::min(group, all - first), length);
            };
            kernels::parallel_for((all + group - 1) / group, sum_group, all * length);
          },
          rows, n, in<T>(g), in<T>(x), in<T>(row[0]), in<T>(row[1]), in<T>(row[2]),
          detail::inout<T>(sums));
    });
    return detail::sum_rows(sums);
  }

  static Tensor vjp_c(const Tensor& g, auto, auto, auto, auto, auto) { return sum(g, 0); }
  static Tensor vjp_fused_c(const Tensor& g, auto, auto, auto, auto, auto) {
    return detail::sum_rows(g);
  }

  /// With weights or biases of their own for the entries these come afterwards.
  Tensor batched(const Batch& batch) const {
    const std::int64_t n = batch[0].shape().back();
    if (!batch.has(1) && !batch.has(2)) return layer_norm(batch[0], n, batch[1], batch[2], eps);
    Tensor y = layer_norm(batch[0], n, {}, {}, eps);
    const auto row = [&](std::size_t i) {
      return batch.has(i) ? unsqueeze(batch[i], 1) : batch[i];
    };
    if (batch[1].defined()) y = y * row(1);
    return batch[2].defined() ? y + row(2) : y;
  }

  // But for the weight the Jacobian of x is symmetric.
  Tensor jvp_a(const Tensor& t, const Tensor& x, const Tensor& weight, const Tensor&, const Tensor&,
               KeptRows) const {
    const NotSaved none;
    const Tensor dz = vjp_a(t, x, Tensor(), none, none, none);
    return weight.defined() ? dz * weight : dz;
  }
  Tensor jvp_b(const Tensor& t, const Tensor& x, const Tensor&, const Tensor&, const Tensor&,
               KeptRows) const {
    Tensor scale;
    return normalised(x, scale) * t;
  }
  static Tensor jvp_c(const Tensor& t, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                      KeptRows) {
    return t;
  }
};

}  // namespace

Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight,
                  const Tensor& bias, double eps) {
  detail::require_floating(x, "layer_norm");
  const int kept = x.dim() - normalized_shape.rank();
  if (normalized_shape.rank() == 0 || kept < 0 ||
      x.shape().slice(kept, x.dim()) != normalized_shape)
    fail<ShapeError>(
        "layer_norm: normalized_shape {} must be the last sizes of the input's shape {}",
        normalized_shape, x.shape());
  for (const Tensor* parameter : {&weight, &bias}) {
    if (!parameter->defined()) continue;
    const char* what = parameter == &weight ? "weight" : "bias";
    detail::require_same_shape(what, parameter->shape(), "normalized_shape", normalized_shape,
                               "layer_norm");
    detail::require_same_type(what, parameter->dtype(), "input", x.dtype(), "layer_norm");
  }
  const std::int64_t n = normalized_shape.numel();
  const auto flat = [&](const Tensor& t) { return t.defined() ? reshape(t, n) : t; };
  const Shape rows{x.shape().slice(0, kept).numel(), n};
  return reshape(apply(LayerNorm{eps}, reshape(x, rows), flat(weight), flat(bias)), x.shape());
}

// ---- Proof -------------------------------------------------------------------------------------

OperatorInfo detail::layer_norm_cases() {
  Draw draw;
  return {"layer_norm",
          {{"weight and bias",
            {draw({3, 4}), draw(4), draw(4)},
            [](const Inputs& in) { return layer_norm(in[0], 4, in[1], in[2]); }},
           {"plain, two dimensions",
            {draw({2, 2, 3})},
            [](const Inputs& in) {
              return layer_norm(in[0], {2, 3});
            }}},
          Invariance::unsaid,
          Invariance::stays};
}

}  // namespace tapegrad
