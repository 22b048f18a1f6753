#include <algorithm>
#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/kernels/reduce/range.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/reduce/reduce.h"
#include "autograd/ops/reduce/slopes.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::ReducedShape;

namespace {

/// (sum of |x|^p)^(1 / p) for a finite p; for 0 how many are not 0, of which all slopes are 0.
struct VectorNorm {
  static constexpr const char* name = "vector_norm";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA | kY};
  ReducedShape shape;
  double order;
  static constexpr void visit(auto& op, auto f) {
    f("shape", op.shape);
    f("order", op.order);
  }
  static std::string onnx(const VectorNorm& op, std::span<const Tensor* const>) {
    if (op.shape.dims.empty()) return op.order == 0 ? "y = Abs(Sign(a))" : "y = Abs(a)";
    const int keeps = op.shape.result.rank() == op.shape.kept.rank();
    if (op.order == 0)
      return fmt::format("y = ReduceSum<keepdims={}>(Abs(Sign(a)), {})", keeps, op.shape.dims);
    if (op.order == 2)
      return fmt::format("y = ReduceL2<axes={}, keepdims={}>(a)", op.shape.dims, keeps);
    return fmt::format("s = ReduceSum<keepdims={}>(Pow(Abs(a), {}), {}); y = Pow(s, {})", keeps,
                       op.order, op.shape.dims, 1 / op.order);
  }

  Tensor sum_of_powers(const Tensor& x) const {
    return sum(order == 2 ? square(x) : pow(abs(x), order), shape.dims, true);
  }
  Tensor root(const Tensor& x) const { return order == 2 ? sqrt(x) : pow(x, 1 / order); }

  Tensor forward(const Tensor& x) const {
    if (order == 0) return reshape(sum(x != 0, shape.dims, true).to(x.dtype()), shape.result);
    const Tensor plain = sum_of_powers(x);
    const double smallest = x.dtype() == float32 ? kernels::smallest_mean_square<float>
                                                 : kernels::smallest_mean_square<double>;
    if (shape.count == 0 || detail::all_within(plain, smallest, detail::largest_of(x.dtype())))
      return reshape(root(plain), shape.result);
    // In units of a power of two, that of the element that counts most: nothing is rounded.
    const Tensor size = abs(x);
    const Tensor unit = order > 0 ? amax(size, shape.dims, true) : amin(size, shape.dims, true);
    visit_floating(x.dtype(), [&]<class T>(T) {
      detail::launch(
          "power_of_two",
          [](T* value, std::int64_t n) {
            std::transform(value, value + n, value, kernels::power_of_two<T>);
          },
          detail::inout<T>(unit), unit.numel());
    });
    return reshape(root(sum_of_powers(x / unit)) * unit, shape.result);
  }
  Tensor slopes(const Tensor& x, const Tensor& y) const {
    return detail::norm_slopes(x, reshape(y, shape.kept), order);
  }
  Tensor vjp(const Tensor& g, const Tensor& x, const Tensor& y) const {
    return reshape(g, shape.kept) * slopes(x, y);
  }
  Tensor jvp(const Tensor& t, const Tensor& x, const Tensor& y) const {
    return reshape(sum(t * slopes(x, y), shape.dims, true), shape.result);
  }
};

Tensor norm_of(const Tensor& x, double order, const Dims& dims, bool keepdim, const char* name) {
  detail::require_floating(x, name);
  if (std::isnan(order)) fail<ValueError>("{}: the order is NaN; it must be a number", name);
  const ReducedShape shape(x.shape(), dims, keepdim, name);
  if (order == 1) return sum(abs(x), dims, keepdim);
  if (!std::isinf(order)) return apply(VectorNorm{shape, order}, x);
  if (shape.count == 0) detail::fail_nothing_to_choose(x.shape(), shape.dims, name);
  return order > 0 ? amax(abs(x), dims, keepdim) : amin(abs(x), dims, keepdim);
}

/// Checks the two dimensions of a matrix.
ReducedShape matrix_shape(const Tensor& x, const Dims& dims, bool keepdim) {
  detail::require_floating(x, "matrix_norm");
  if (x.dim() < 2)
    fail<ShapeError>("matrix_norm: needs at least two dimensions, not a tensor of shape {}",
                     x.shape());
  if (dims.rank() != 2)
    fail<IndexError>("matrix_norm: a matrix has two dimensions, but dims are {}", dims);
  return {x.shape(), dims, keepdim, "matrix_norm"};
}

}  // namespace

Tensor detail::norm_slopes(const Tensor& x, const Tensor& y, double order) {
  if (order == 0) return zeros_like(x);
  const Tensor none = y == 0;
  const Tensor unit = where(none, 1, y);
  if (order == 2) return where(none, 0, x / unit);
  const Tensor zero = none | (x == 0);
  return where(zero, 0, sign(x) * pow(where(zero, 1, abs(x) / unit), order - 1));
}

Tensor vector_norm(const Tensor& x, Real ord, const Dims& dims, Flag keepdim) {
  return norm_of(x, ord, dims, keepdim, "vector_norm");
}

Tensor norm(const Tensor& x, Real p, const Dims& dims, Flag keepdim) {
  return norm_of(x, p, dims, keepdim, "norm");
}

Tensor dist(const Tensor& a, const Tensor& b, Real p) {
  detail::require_defined(a, b, "dist");
  detail::broadcast(a.shape(), b.shape(), "dist");
  detail::require_floating(a, "dist");
  detail::require_floating(b, "dist");
  return norm_of(a - b, p, {}, false, "dist");
}

Tensor matrix_norm(const Tensor& x, MatrixNorm, const Dims& dims, Flag keepdim) {
  matrix_shape(x, dims, keepdim);
  return norm_of(x, 2, dims, keepdim, "matrix_norm");
}

Tensor matrix_norm(const Tensor& x, Real ord, const Dims& dims, Flag keepdim) {
  const ReducedShape shape = matrix_shape(x, dims, keepdim);
  const double size = std::abs(double{ord});
  if (size != 1 && !std::isinf(size))
    fail<ValueError>(
        "matrix_norm: order {} is none of 1, -1, inf and -inf; MatrixNorm::fro is the root of all "
        "squares, and 2, -2 and nuc are those of SpectralNorm (autograd/linalg/linalg.h)",
        double{ord});
  const std::int64_t added = size == 1 ? dims[0] : dims[1], chosen = size == 1 ? dims[1] : dims[0];
  if (x.size(static_cast<int>(chosen)) == 0)
    detail::fail_nothing_to_choose(x.shape(), chosen, "matrix_norm");
  const Tensor sums = sum(abs(x), added, true);
  return reshape(ord > 0 ? amax(sums, chosen, true) : amin(sums, chosen, true), shape.result);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo vector_norm_cases() {
  Draw draw;
  OperatorInfo info{"vector_norm", {}, Invariance::follows};
  for (const double order : {2.0, 3.0, 1.5, -1.0}) {
    const auto add = [&](const char* label, const Shape& shape, const Dims& dims, bool keepdim) {
      info.cases.push_back(
          {fmt::format("{} of order {}", label, order),
           {draw(shape, {0.3, 2, true})},
           [=](const Inputs& in) { return vector_norm(in[0], order, dims, keepdim); }});
    };
    add("all", {2, 3}, {}, false);
    add("first, kept", {3, 2}, 0, true);
    add("outer two of three", {2, 3, 2}, {0, 2}, false);
    add("a number", {}, {}, false);
  }
  return info;
}

}  // namespace detail

}  // namespace tapegrad
