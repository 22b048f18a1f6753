#include <limits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/kernels/rows/rows_table.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/leading.h"
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
using detail::new_tensor;
using detail::out;
using detail::RowTile;
using kernels::RowKernels;

/// Throws `IndexError` unless every class is in [0, classes) or ignored. Returns how many are not
/// ignored.
std::int64_t check_classes(const Tensor& target, std::int64_t classes, std::int64_t ignore_index) {
  return detail::launch(
      "check_classes",
      [](const std::int64_t* all, std::int64_t count, std::int64_t limit, std::int64_t ignored) {
        std::int64_t counted = 0;
        for (std::int64_t i = 0; i < count; ++i) {
          if (all[i] == ignored) continue;
          if (all[i] < 0 || all[i] >= limit)
            detail::fail_class(fmt::format("target {}", i), all[i], limit, "cross_entropy");
          ++counted;
        }
        return counted;
      },
      in<std::int64_t>(target), target.numel(), classes, ignore_index);
}

/// The plain case as one operator: rows of logits `[N, C]` and a class for each.
/// dx = (softmax(x) - one_hot(target)) g / count, and 0 for ignored rows.
struct CrossEntropy {
  static constexpr const char* name = "cross_entropy";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Reads reads[] = {kA | kB | kKept, kNone}, constant = kB, fused = kA;
  /// Of each row: the largest logit, sum(exp(x - largest)), and the target, -1 where that is
  /// ignored.
  static constexpr std::size_t kept_values = 3;
  using KeptRows = const Kept<kept_values>&;
  std::int64_t ignore_index;
  Reduction reduction;
  double divisor;  // 1, or the number of counted rows
  static constexpr void visit(auto& op, auto f) {
    f("ignore_index", op.ignore_index);
    f("reduction", op.reduction);
    f("divisor", op.divisor);
  }
  static std::string onnx(const CrossEntropy& op, std::span<const Tensor* const>) {
    constexpr const char* reductions[] = {"none", "mean", "sum"};
    return fmt::format(
        "y = SoftmaxCrossEntropyLoss<ignore_index={{ignore_index}}, reduction=\"{}\">(a, b)",
        reductions[static_cast<int>(op.reduction)]);
  }

  Tensor forward(const Tensor& x, const Tensor& target, Kept<kept_values>& row) const {
    auto& [shift, total, counted] = row;
    const std::int64_t rows = x.shape()[0];
    shift = new_tensor(rows, x.dtype());
    total = new_tensor(rows, x.dtype());
    Tensor loss = new_tensor(rows, x.dtype());
    // The kernel skips targets outside of [0, C); an ignored one inside is moved there.
    counted = ignore_index < 0 ? target : where(target == ignore_index, -1, target);
    detail::launch_rows<RowKernels>(
        name, x,
        []<class T>(const RowKernels<T>& loops, RowTile tile, const T* logits,
                    const std::int64_t* classes, T* losses, T* largest, T* sums) {
          const std::int64_t at = tile.first;
          loops.cross_entropy(logits + tile.start(), classes + at, losses + at, largest + at,
                              sums + at, tile.rows, tile.length);
        },
        in(x), in<std::int64_t>(counted), out(loss), out(shift), out(total));
    return of_rows(loss, divisor);
  }
  /// The loss, from that of each row.
  Tensor of_rows(const Tensor& each, double count) const {
    if (reduction == Reduction::none) return each;
    return detail::reduce_mean(each, detail::ReducedShape(each.shape(), {}, false, name), count);
  }

  Tensor batched(const Batch& batch) const {
    const Tensor x = detail::with_leading(batch, 0), target = detail::with_leading(batch, 1);
    const std::int64_t rows = target.shape()[1], classes = x.shape()[2];
    check_classes(target, classes, ignore_index);
    const Tensor each =
        apply(CrossEntropy{ignore_index, Reduction::none, 1},
              reshape(x, {batch.size * rows, classes}), reshape(target, batch.size * rows));
    const Tensor loss = reshape(each, target.shape());
    if (reduction == Reduction::none) return loss;
    if (reduction == Reduction::sum) return sum(loss, 1);
    return mean(loss, 1) * (static_cast<double>(rows) / divisor);
  }

  Tensor vjp_a(const Tensor& g, const Tensor& x, const Tensor& target, auto, KeptRows row) const {
    const Tensor counts = row[2] >= 0;
    const Tensor scale = where(counts, g / divisor, 0);
    const Tensor hot = one_hot(where(counts, target, 0), x.shape()[1]).to(x.dtype());
    // NaN in a row that is ignored, or has no cotangent, stays there.
    const Tensor live = counts & ((scale != 0) | isfinite(row[0] + row[1]));
    return unsqueeze(scale, 1) * (softmax(where(unsqueeze(live, 1), x, 0), 1) - hot);
  }
  /// The mean, weighted by softmax, of how much the tangents of a row are above that of the target.
  Tensor jvp_a(const Tensor& t, const Tensor& x, const Tensor&, const Tensor&, KeptRows row) const {
    const Tensor counts = unsqueeze(row[2] >= 0, 1);
    const Tensor above = t - gather(t, 1, maximum(unsqueeze(row[2], 1), 0));
    // NaN in an ignored row stays there.
    const Tensor each = sum(softmax(where(counts, x, 0), 1) * above, 1, true);
    const Tensor along = where(counts, each / divisor, 0);
    return reduction == Reduction::none ? squeeze(along, 1) : sum(along);
  }
  Tensor jvp_fused_a(const Tensor& t, const Tensor& x, const Tensor&, const Tensor&,
                     KeptRows row) const {
    const Tensor along = new_tensor(x.shape()[0], x.dtype());
    detail::launch_rows<RowKernels>(
        "cross_entropy_tangent", x,
        []<class T>(const RowKernels<T>& loops, RowTile tile, const T* logits, const T* largest,
                    const T* sums, const std::int64_t* classes, const T* tangent, T* to) {
          const std::int64_t at = tile.first;
          loops.cross_entropy_tangent(logits + tile.start(), largest + at, sums + at, classes + at,
                                      tangent + tile.start(), to + at, tile.rows, tile.length);
        },
        in(x), in(row[0]), in(row[1]), in<std::int64_t>(row[2]), in(t), out(along));
    return of_rows(along, divisor == 0 ? 1 : divisor);  // 0 where no row counts
  }
  Tensor vjp_fused_a(const Tensor& g, const Tensor& x, auto, auto, KeptRows row) const {
    return detail::run_rows<RowKernels>(
        "cross_entropy_rule", x,
        []<class T>(const RowKernels<T>& loops, RowTile tile, bool by_row, double count,
                    const T* gradient, const T* logits, const T* largest, const T* sums,
                    const std::int64_t* classes, T* to) {
          const std::int64_t at = tile.first;
          const T one = *gradient / static_cast<T>(count);
          loops.cross_entropy_rule(logits + tile.start(), largest + at, sums + at, classes + at,
                                   by_row ? gradient + at : &one, by_row ? 1 : 0, to + tile.start(),
                                   tile.rows, tile.length);
        },
        reduction == Reduction::none, divisor, in(g), in(x), in(row[0]), in(row[1]),
        in<std::int64_t>(row[2]));
  }
};

Tensor reduced(const Tensor& loss, Reduction reduction, const Tensor& divisor) {
  if (reduction == Reduction::none) return loss;
  return reduction == Reduction::sum ? sum(loss) : sum(loss) / divisor;
}

/// Class weights as `[1, C]`, or ones.
Tensor weight_row(const CrossEntropyOptions& options, const Tensor& logits) {
  const std::int64_t classes = logits.shape()[1];
  if (!options.weight.defined()) return ones({1, classes}, logits.dtype());
  detail::require_class_weights(options.weight, classes, "cross_entropy");
  return reshape(options.weight, {1, classes}).to(logits.dtype());
}

/// Everything that the fused operator does not do: class weights and label smoothing.
Tensor weighted_classes(const Tensor& logits, const Tensor& target,
                        const CrossEntropyOptions& options) {
  const Tensor counted = target != options.ignore_index;
  const Tensor weight = weight_row(options, logits);
  const Tensor index = where(counted, target, 0);
  const Tensor own_weight = where(counted, index_select(reshape(weight, -1), 0, index), 0);
  // Rows without a say may hold anything.
  const Tensor live = options.label_smoothing > 0 ? counted : own_weight != 0;
  const Tensor log_p = log_softmax(where(unsqueeze(live, 1), logits, 0), 1);
  const Tensor own = squeeze(gather(log_p, 1, unsqueeze(index, 1)), 1);
  Tensor loss = where(own_weight == 0, 0, -own * own_weight);
  if (options.label_smoothing > 0) {
    const double share = options.label_smoothing / static_cast<double>(logits.shape()[1]);
    const Tensor smooth = where(counted, -sum(where(weight == 0, 0, log_p * weight), 1), 0);
    loss = (1 - options.label_smoothing) * loss + share * smooth;
  }
  return reduced(loss, options.reduction, sum(own_weight));
}

Tensor class_probabilities(const Tensor& logits, const Tensor& target,
                           const CrossEntropyOptions& options) {
  const double smoothing = options.label_smoothing;
  const double classes = static_cast<double>(logits.shape()[1]);
  const Tensor p = smoothing > 0 ? target * (1 - smoothing) + smoothing / classes : target;
  const Tensor weighted = p * weight_row(options, logits);
  // Rows without a say may hold anything.
  const Tensor live = sum(weighted != 0, 1, true) != 0;
  const Tensor log_p = log_softmax(where(live, logits, 0), 1);
  const Tensor loss = -sum(where(weighted == 0, 0, weighted * log_p), 1);
  return reduced(loss, options.reduction, static_cast<double>(logits.shape()[0]));
}

Tensor rows_loss(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  if (is_floating_point(target.dtype())) return class_probabilities(logits, target, options);
  // Of a batch of losses each may count other rows, which the fused operator cannot.
  const Tensor all = detail::all_entries(target);
  const std::int64_t counted = check_classes(all, logits.shape()[1], options.ignore_index);
  const bool mean = options.reduction == Reduction::mean, batch = all.dim() != target.dim();
  if (options.weight.defined() || options.label_smoothing > 0 ||
      (mean && batch && counted != all.numel()))
    return weighted_classes(logits, target, options);
  const std::int64_t rows = batch ? target.numel() : counted;
  const double divisor = mean ? static_cast<double>(rows) : 1;
  return apply(CrossEntropy{options.ignore_index, options.reduction, divisor}, logits, target);
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options) {
  detail::require_defined(logits, target, "cross_entropy");
  detail::require_classes(logits, target, "logits", "cross_entropy");
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1))
    fail<ValueError>("cross_entropy: label_smoothing must be in [0, 1], not {}",
                     options.label_smoothing);
  if (logits.dim() == 2) return rows_loss(logits, target, options);
  const bool classes = target.dtype() == int64;
  if (logits.dim() == 1) {
    const Tensor loss = rows_loss(unsqueeze(logits, 0), unsqueeze(target, 0), options);
    return options.reduction == Reduction::none ? squeeze(loss, 0) : loss;
  }
  // [N, C, ...]: bring the classes last and treat every place as a row.
  Dims order{0};
  Shape places(logits.shape()[0]);
  for (int d = 2; d < logits.dim(); ++d) {
    order.push_back(d);
    places.push_back(logits.shape()[d]);
  }
  order.push_back(1);
  const Shape rows{places.numel(), logits.shape()[1]};
  const Tensor rows_target = classes ? reshape(target, -1) : reshape(permute(target, order), rows);
  const Tensor loss = rows_loss(reshape(permute(logits, order), rows), rows_target, options);
  return options.reduction == Reduction::none ? reshape(loss, places) : loss;
}

// ---- Proof -------------------------------------------------------------------------------------

OperatorInfo detail::cross_entropy_cases() {
  Draw draw;
  const Tensor classes = tensor({1, 0, 2});
  OperatorInfo info{"cross_entropy", {}, Invariance::unsaid, Invariance::stays};
  const auto add = [&](const char* label, Inputs inputs, CrossEntropyOptions options) {
    info.cases.push_back({label, std::move(inputs), [options](const Inputs& in) {
                            CrossEntropyOptions with = options;
                            if (in.size() > 2) with.weight = in[2];
                            return cross_entropy(in[0], in[1], with);
                          }});
  };
  for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none})
    add("classes", {draw({3, 4}), classes}, {.reduction = reduction});
  add("an ignored class", {draw({3, 4}), classes}, {.ignore_index = 0});
  add("weights and smoothing", {draw({3, 4}), classes, draw({4}, {0.5, 2}).detach()},
      {.label_smoothing = 0.1});
  add("probabilities", {draw({2, 3}), draw({2, 3}, {0.1, 0.6})}, {});
  return info;
}

}  // namespace tapegrad
