#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/kernels/reduce/range.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/reduce/reduce.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::ReducedShape;
using detail::Reducer;

namespace {

/// "result = reduction(operand)" in ONNX, where axes are an input of ReduceSum and an attribute of
/// the others.
std::string onnx_reduction(std::string_view reduction, const ReducedShape& shape,
                           std::string_view operand = "a", std::string_view result = "y",
                           bool keep = false) {
  if (shape.dims.empty()) return fmt::format("{} = Identity({})", result, operand);
  const bool keeps = keep || shape.result.rank() == shape.kept.rank();
  if (reduction == "ReduceSum")
    return fmt::format("{} = ReduceSum<keepdims={}>({}, {})", result, int{keeps}, operand,
                       shape.dims);
  return fmt::format("{} = {}<axes={}, keepdims={}>({})", result, reduction, shape.dims, int{keeps},
                     operand);
}

// Rules return what broadcasts to the input's shape: the gradient of a sum is never spread out.

struct Sum {
  static constexpr const char* name = "sum";
  static constexpr bool spreads_gradient = true;
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  ReducedShape shape;
  static constexpr void visit(auto& op, auto f) { f("shape", op.shape); }
  static std::string onnx(const Sum& op, std::span<const Tensor* const>) {
    return onnx_reduction("ReduceSum", op.shape);
  }
  Tensor forward(const Tensor& x) const { return detail::reduce(Reducer::sum, x, shape); }
  Tensor vjp(const Tensor& g, auto, auto) const { return reshape(g, shape.kept); }
};

struct Mean {
  static constexpr const char* name = "mean";
  static constexpr bool spreads_gradient = true;
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  ReducedShape shape;
  static constexpr void visit(auto& op, auto f) { f("shape", op.shape); }
  static std::string onnx(const Mean& op, std::span<const Tensor* const>) {
    return onnx_reduction("ReduceMean", op.shape);
  }
  Tensor forward(const Tensor& x) const {
    return detail::reduce_mean(x, shape, static_cast<double>(shape.count));
  }
  Tensor vjp(const Tensor& g, auto, auto) const {
    return reshape(g, shape.kept) / static_cast<double>(shape.count);
  }
};

/// For each element the product of all others along the last dimension, without dividing: those of
/// the products of pairs, times the partner.
Tensor product_of_others(const Tensor& x) {
  const std::int64_t n = x.shape().back(), half = n / 2;
  if (n < 2) return ones_like(x);
  const Tensor a = narrow(x, -1, 0, half), b = narrow(x, -1, half, half);
  const Tensor pairs = a * b;
  if (n % 2 == 0) {
    const Tensor others = product_of_others(pairs);
    return cat({others * b, others * a}, -1);
  }
  const Tensor others = product_of_others(pairs) * narrow(x, -1, n - 1, 1);
  return cat({others * b, others * a, prod(pairs, -1, true)}, -1);
}

/// Product along the last dimension. d/dx_i is the product of the others: y / x_i where y has all
/// its digits, else computed without dividing, which stays right, and differentiable again, with
/// any number of zeros.
struct Prod {
  static constexpr const char* name = "prod";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA | kY};
  ReducedShape shape;
  static constexpr void visit(auto& op, auto f) { f("shape", op.shape); }
  static std::string onnx(const Prod& op, std::span<const Tensor* const>) {
    return onnx_reduction("ReduceProd", op.shape);
  }
  Tensor forward(const Tensor& x) const { return detail::reduce(Reducer::prod, x, shape); }
  Tensor vjp(const Tensor& g, const Tensor& x, const Tensor& y) const {
    const Tensor column = unsqueeze(g, -1);
    const double smallest = x.dtype() == float32 ? std::numeric_limits<float>::min()
                                                 : std::numeric_limits<double>::min();
    if (detail::all_within(y, smallest, detail::largest_of(y.dtype())))
      return column * unsqueeze(y, -1) / x;
    return column * product_of_others(x);
  }
  Tensor jvp(const Tensor& t, const Tensor& x, const Tensor& y) const {
    return sum(t * vjp(ones_like(y), x, y), -1);
  }
};

/// Largest or smallest; equal ones share the gradient evenly, NaNs among themselves.
template <Reducer reducer>
struct AmaxOrAmin {
  static constexpr const char* name = reducer == Reducer::max ? "amax" : "amin";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA | kY}, fused = kA;
  ReducedShape shape;
  static constexpr void visit(auto& op, auto f) { f("shape", op.shape); }
  static std::string onnx(const AmaxOrAmin& op, std::span<const Tensor* const> inputs) {
    const char* reduction = reducer == Reducer::max ? "ReduceMax" : "ReduceMin";
    if (inputs[0]->dtype() != boolean) return onnx_reduction(reduction, op.shape);
    return onnx_reduction(reduction, op.shape, "Cast<to=7>(a)", "z") + "; y = Cast<to=9>(z)";
  }
  Tensor forward(const Tensor& x) const { return detail::reduce(reducer, x, shape); }
  Tensor vjp_fused(const Tensor& g, const Tensor& x, const Tensor& y) const {
    return detail::share_among_equal(g, x, y, shape);
  }
  Tensor vjp(const Tensor& g, const Tensor& x, const Tensor& y) const {
    const auto [chosen, count] = best_of(x, y);
    return where(chosen, reshape(g, shape.kept) / count, 0);
  }
  /// The mean over those that are equal.
  Tensor jvp(const Tensor& t, const Tensor& x, const Tensor& y) const {
    const auto [chosen, count] = best_of(x, y);
    return reshape(sum(where(chosen, t, 0), shape.dims, true) / count, shape.result);
  }
  /// Which elements of `x` are equal to the result, and how many.
  std::pair<Tensor, Tensor> best_of(const Tensor& x, const Tensor& y) const {
    const Tensor best = reshape(y, shape.kept);
    const Tensor chosen = (x == best) | ((x != x) & (best != best));
    return {chosen, sum(chosen, shape.dims, true).to(x.dtype())};
  }
};

/// Sum of squared deviations over n - correction.
struct Var {
  static constexpr const char* name = "var";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA};
  ReducedShape shape;
  double freedom;  // n - correction, at least 0
  static constexpr void visit(auto& op, auto f) {
    f("shape", op.shape);
    f("freedom", op.freedom);
  }
  /// ReduceMean divides by the number of elements, whatever that is when the model runs.
  static std::string onnx_as(const Var& op, const char* result) {
    const std::string center = onnx_reduction("ReduceMean", op.shape, "a", "m", true);
    const std::string mean = onnx_reduction("ReduceMean", op.shape, "Mul(d, d)", "v");
    const auto count = static_cast<double>(op.shape.count);
    const std::string factor =
        op.freedom == count ? "v" : fmt::format("Mul(v, {})", count / op.freedom);
    return fmt::format("{}; d = Sub(a, m); {}; {} = {}", center, mean, result, factor);
  }
  static std::string onnx(const Var& op, std::span<const Tensor* const>) {
    return onnx_as(op, "y");
  }
  /// The variance of x / scale. `scale` stays undefined for 1, which it is unless squares leave the
  /// range; then it is a power of two for each result.
  Tensor scaled(const Tensor& x, Tensor& scale) const {
    const Tensor plain =
        detail::reduce_mean(square(detail::deviation(x, shape.dims)), shape, freedom);
    const double smallest = x.dtype() == float32 ? kernels::smallest_mean_square<float>
                                                 : kernels::smallest_mean_square<double>;
    if (shape.count == 0 || detail::all_within(plain, smallest, detail::largest_of(x.dtype())))
      return plain;
    const Tensor deviations = detail::deviation(x, shape.dims);
    const Tensor kept = amax(abs(deviations), shape.dims, true);
    visit_floating(x.dtype(), [&]<class T>(T) {
      detail::launch(
          "power_of_two",
          [](T* size, std::int64_t n) {
            std::transform(size, size + n, size, kernels::power_of_two<T>);
          },
          detail::inout<T>(kept), kept.numel());
    });
    scale = reshape(kept, shape.result);
    return detail::reduce_mean(square(deviations / kept), shape, freedom);
  }
  Tensor forward(const Tensor& x) const {
    Tensor scale;
    const Tensor variance = scaled(x, scale);
    return scale.defined() ? variance * scale * scale : variance;
  }
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const {
    return reshape(g, shape.kept) * detail::deviation(x, shape.dims) * (2 / freedom);
  }
  Tensor jvp(const Tensor& t, const Tensor& x, const Tensor&) const {
    return reshape(sum(t * detail::deviation(x, shape.dims), shape.dims, true), shape.result) *
           (2 / freedom);
  }
};

/// Its square root, with gradient 0 where that is 0.
struct Std {
  static constexpr const char* name = "std";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA | kY};
  Var var;
  static constexpr void visit(auto& op, auto f) { f("var", op.var); }
  static std::string onnx(const Std& op, std::span<const Tensor* const>) {
    return Var::onnx_as(op.var, "s") + "; y = Sqrt(s)";
  }
  Tensor forward(const Tensor& x) const {
    Tensor scale;
    const Tensor variance = var.scaled(x, scale);
    return scale.defined() ? sqrt(variance) * scale : sqrt(variance);
  }
  Tensor vjp(const Tensor& g, const Tensor& x, const Tensor& y) const {
    // Deviations in units of y first: g / y may leave the range where this does not.
    const Tensor unit = reshape(where(y == 0, 1, y), var.shape.kept);
    const Tensor factor = where(y == 0, 0, g * (1 / var.freedom));
    return detail::deviation(x, var.shape.dims) / unit * reshape(factor, var.shape.kept);
  }
  Tensor jvp(const Tensor& t, const Tensor& x, const Tensor& y) const {
    const Tensor unit = reshape(where(y == 0, 1, y), var.shape.kept);
    const Tensor along =
        sum(t * (detail::deviation(x, var.shape.dims) / unit), var.shape.dims, true);
    return where(y == 0, 0, reshape(along, var.shape.result) * (1 / var.freedom));
  }
};

/// log(sum(exp(x))), shifted by the largest element. dx = softmax(x), computed from x and not as
/// exp(x - y), which loses the digits that a large y has not. An infinite largest element takes
/// all.
struct LogSumExp {
  static constexpr const char* name = "logsumexp";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA};
  ReducedShape shape;
  static constexpr void visit(auto& op, auto f) { f("shape", op.shape); }
  static std::string onnx(const LogSumExp& op, std::span<const Tensor* const>) {
    return onnx_reduction("ReduceLogSumExp", op.shape);
  }
  Tensor forward(const Tensor& x) const {
    if (shape.count == 0) return detail::reduce(Reducer::max, x, shape);  // of nothing: -inf
    const Tensor largest = amax(x, shape.dims, true);
    const Tensor shift = where(isinf(largest), 0, largest);
    return reshape(log(sum(exp(x - shift), shape.dims, true)) + shift, shape.result);
  }
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const {
    return reshape(g, shape.kept) * shares(x);
  }
  Tensor jvp(const Tensor& t, const Tensor& x, const Tensor&) const {
    return reshape(sum(t * shares(x), shape.dims, true), shape.result);
  }
  /// softmax(x).
  Tensor shares(const Tensor& x) const {
    if (shape.count == 0) return zeros_like(x);
    const Tensor largest = amax(x.detach(), shape.dims, true);
    const Tensor infinite = isinf(largest);
    const Tensor e = exp(where(infinite, 0, x - largest));
    const Tensor chosen = ((x == largest) & (largest > 0)).to(x.dtype());
    const Tensor of_infinite = chosen / maximum(sum(chosen, shape.dims, true), 1);
    return where(infinite, of_infinite, e / sum(e, shape.dims, true));
  }
};

double freedom(const ReducedShape& shape, Integer correction) {
  return static_cast<double>(std::max<std::int64_t>(0, shape.count - correction));
}

/// Int64 and bool for the operators that keep integers, floating-point otherwise.
Tensor summable(const Tensor& x) { return x.to(is_floating_point(x.dtype()) ? x.dtype() : int64); }

template <Reducer reducer>
Tensor amax_or_amin(const Tensor& x, const Dims& dims, Flag keepdim) {
  using Op = AmaxOrAmin<reducer>;
  detail::require_defined(x, Op::name);
  ReducedShape shape(x.shape(), dims, keepdim, Op::name);
  if (shape.count == 0) detail::fail_nothing_to_choose(x.shape(), shape.dims, Op::name);
  return apply(Op{shape}, x);
}

}  // namespace

Tensor sum(const Tensor& x, const Dims& dims, Flag keepdim) {
  detail::require_defined(x, "sum");
  const Tensor source = summable(x);
  return apply(Sum{ReducedShape(x.shape(), dims, keepdim, "sum")}, source);
}

Tensor mean(const Tensor& x, const Dims& dims, Flag keepdim) {
  detail::require_floating(x, "mean");
  return apply(Mean{ReducedShape(x.shape(), dims, keepdim, "mean")}, x);
}

Tensor prod(const Tensor& x, const Dims& dims, Flag keepdim) {
  detail::require_defined(x, "prod");
  const ReducedShape shape(x.shape(), dims, keepdim, "prod");
  const Tensor rows = detail::reduced_last(summable(x), shape);
  const Tensor product = apply(Prod{ReducedShape(rows.shape(), -1, false, "prod")}, rows);
  return product.shape() == shape.result ? product : reshape(product, shape.result);
}

Tensor amax(const Tensor& x, const Dims& dims, Flag keepdim) {
  return amax_or_amin<Reducer::max>(x, dims, keepdim);
}
Tensor amin(const Tensor& x, const Dims& dims, Flag keepdim) {
  return amax_or_amin<Reducer::min>(x, dims, keepdim);
}
Tensor max(const Tensor& x) {
  detail::require_defined(x, "max");
  return amax(x);
}
Tensor min(const Tensor& x) {
  detail::require_defined(x, "min");
  return amin(x);
}

Tensor var(const Tensor& x, const Dims& dims, Integer correction, Flag keepdim) {
  detail::require_floating(x, "var");
  const ReducedShape shape(x.shape(), dims, keepdim, "var");
  return apply(Var{shape, freedom(shape, correction)}, x);
}

Tensor std(const Tensor& x, const Dims& dims, Integer correction, Flag keepdim) {
  detail::require_floating(x, "std");
  const ReducedShape shape(x.shape(), dims, keepdim, "std");
  return apply(Std{Var{shape, freedom(shape, correction)}}, x);
}

Tensor logsumexp(const Tensor& x, const Dims& dims, Flag keepdim) {
  detail::require_floating(x, "logsumexp");
  return apply(LogSumExp{ReducedShape(x.shape(), dims, keepdim, "logsumexp")}, x);
}

Tensor detail::deviation(const Tensor& x, const Dims& dims) {
  Tensor first = x.detach();
  for (const std::int64_t d : dims) {
    if (x.shape()[d] == 0) return x - mean(x, dims, true);
    first = narrow(first, static_cast<int>(d), 0, 1);
  }
  Tensor distance = x - first;
  const Tensor center = mean(distance, dims, true);
  return std::move(distance) - center;
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  detail::require_defined(x, "sum_to");
  if (x.shape() == shape) return x;
  if (detail::broadcast(x.shape(), shape, "sum_to") != x.shape())
    fail<ShapeError>("sum_to: shape {} cannot be summed down to {}", x.shape(), shape);
  if (x.numel() == shape.numel()) return reshape(x, shape);
  Dims dims;
  const int extra = x.dim() - shape.rank();
  for (int d = 0; d < x.dim(); ++d) {
    const std::int64_t size = x.shape()[d];
    if (d < extra || (shape[d - extra] == 1 && size != 1)) dims.push_back(d);
  }
  return reshape(sum(x, dims), shape);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

namespace {

constexpr Invariance kFollows = Invariance::follows;

OperatorInfo reduction_cases(const char* name, Tensor (*f)(const Tensor&, const Dims&, Flag),
                             Invariance scale = Invariance::unsaid,
                             Invariance offset = Invariance::unsaid) {
  Draw draw;
  return {name,
          {{"all", {draw.distinct({2, 3})}, [f](const Inputs& in) { return f(in[0], {}, false); }},
           {"last dimension",
            {draw.distinct({3, 4})},
            [f](const Inputs& in) { return f(in[0], -1, false); }},
           {"first, kept",
            {draw.distinct({3, 4})},
            [f](const Inputs& in) { return f(in[0], 0, true); }},
           {"outer two of three",
            {draw.distinct({2, 3, 2})},
            [f](const Inputs& in) {
              return f(in[0], {0, 2}, false);
            }},
           {"a number", {draw({})}, [f](const Inputs& in) { return f(in[0], {}, false); }}},
          scale,
          offset};
}

}  // namespace

OperatorInfo sum_cases() { return reduction_cases("sum", sum, kFollows); }
OperatorInfo mean_cases() { return reduction_cases("mean", mean, kFollows, kFollows); }
OperatorInfo prod_cases() { return reduction_cases("prod", prod); }
OperatorInfo amax_cases() { return reduction_cases("amax", amax, kFollows, kFollows); }
OperatorInfo amin_cases() { return reduction_cases("amin", amin, kFollows, kFollows); }
OperatorInfo logsumexp_cases() {
  return reduction_cases("logsumexp", logsumexp, Invariance::unsaid, kFollows);
}
OperatorInfo var_cases() {
  const auto f = [](const Tensor& x, const Dims& dims, Flag keepdim) {
    return var(x, dims, x.dim() == 0 ? 0 : 1, keepdim);
  };
  return reduction_cases("var", f, Invariance::unsaid, Invariance::stays);
}
OperatorInfo std_cases() {
  const auto f = [](const Tensor& x, const Dims& dims, Flag keepdim) {
    if (x.dim() != 0) return std(x, dims, 1, keepdim);
    // A single number has deviation 0, which is a kink.
    const Tensor twice = x * 2;
    return std(stack({x, twice}), dims, 1, keepdim);
  };
  return reduction_cases("std", f, kFollows);
}

}  // namespace detail

}  // namespace tapegrad
