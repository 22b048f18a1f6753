#include "autograd/linalg/solve.h"

#include "autograd/base/fail.h"
#include "autograd/linalg/lu.h"
#include "autograd/ops/core/draw.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::kTransposeLeft;
using detail::kTransposeRight;
using detail::LuFactors;

namespace {

/// With Y = A^-1: dY = -Y dA Y.
struct Inverse {
  static constexpr const char* name = "inverse";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kY};
  static constexpr NoOnnx onnx{"ONNX has no inverse of a matrix"};
  Tensor forward(const Tensor& a) const {
    const LuFactors lu = detail::lu_factors(a);
    detail::require_no_zero_pivot(a, lu.fault, name);
    return detail::lu_solved(lu.factors, lu.rows, false, detail::identity_like(a));
  }
  Tensor vjp(const Tensor& g, auto, const Tensor& y) const {
    return -matmul(matmul(y, g, kTransposeLeft), y, kTransposeRight);
  }
  Tensor jvp(const Tensor& t, const Tensor&, const Tensor& y) const {
    return -matmul(matmul(y, t), y);
  }
};

/// A X = B, or A^T X = B: then A' below is A^T. With G' = A'^-T G: dB = G' and dA' = -G' X^T.
struct Solve {
  static constexpr const char* name = "solve";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr Reads reads[] = {kA | kY | kKept, kA | kKept}, fused = kA | kB;
  static constexpr std::size_t kept_values = 2;  // factors and rows
  static constexpr NoOnnx onnx{"ONNX has no solution of systems of equations"};
  bool flipped;
  static constexpr void visit(auto& op, auto f) { f("flipped", op.flipped); }

  Tensor forward(const Tensor& a, const Tensor& b, Kept<kept_values>& kept) const {
    const LuFactors lu = detail::lu_factors(a);
    detail::require_no_zero_pivot(a, lu.fault, name);
    kept = {lu.factors, lu.rows};
    return detail::lu_solved(lu.factors, lu.rows, flipped, b);
  }
  Tensor for_matrix(const Tensor& for_right, const Tensor& y) const {
    return -(flipped ? matmul(y, for_right, kTransposeRight)
                     : matmul(for_right, y, kTransposeRight));
  }
  Tensor vjp_a(const Tensor& g, const Tensor& a, auto, const Tensor& y, auto&) const {
    return for_matrix(apply(Solve{!flipped}, a, g), y);
  }
  Tensor vjp_b(const Tensor& g, const Tensor& a, auto, auto, auto&) const {
    return apply(Solve{!flipped}, a, g);
  }
  Tensor vjp_fused_a(const Tensor& g, auto, auto, const Tensor& y,
                     const Kept<kept_values>& kept) const {
    return for_matrix(detail::lu_solved(kept[0], kept[1], !flipped, g), y);
  }
  Tensor vjp_fused_b(const Tensor& g, auto, auto, auto, const Kept<kept_values>& kept) const {
    return detail::lu_solved(kept[0], kept[1], !flipped, g);
  }
  Tensor jvp_a(const Tensor& t, const Tensor& a, const Tensor&, const Tensor& y,
               const Kept<kept_values>&) const {
    return -apply(*this, a, matmul(t, y, {.transpose_a = flipped}));
  }
  Tensor jvp_b(const Tensor& t, const Tensor& a, const Tensor&, const Tensor&,
               const Kept<kept_values>&) const {
    return apply(*this, a, t);
  }
};

}  // namespace

Tensor inverse(const Tensor& A) {
  detail::require_square(A, "the argument", "inverse");
  return apply(Inverse{}, A);
}

Tensor inv(const Tensor& A) {
  detail::require_square(A, "the argument", "inv");
  return apply(Inverse{}, A);
}

void detail::require_system(const Tensor& a, const Tensor& b, bool left, const char* name) {
  require_defined(a, b, name);
  require_square(a, "the first argument", name);
  require_same_type("second argument", b.dtype(), "first argument", a.dtype(), name);
  const std::int64_t n = a.shape().back();
  if (b.dim() < 2 || b.shape()[left ? -2 : -1] != n)
    fail<ShapeError>(
        "{}: {} equations in {} unknowns, by a matrix of shape {}, have a right side "
        "of shape [..., {}], not {}",
        name, n, n, a.shape(), left ? fmt::format("{}, k", n) : fmt::format("k, {}", n), b.shape());
}

Tensor solve(const Tensor& A, const Tensor& B, Flag left) {
  detail::require_defined(A, B, "solve");
  detail::require_square(A, "the first argument", "solve");
  const Shape vectors = detail::batch_of(A.shape(), 1);
  if (B.dim() == 1 || B.shape() == vectors) {
    if (!left)
      fail<ShapeError>(
          "solve: a right side of shape {} are vectors for a matrix of shape {}, "
          "which stand on the right: left must be true",
          B.shape(), A.shape());
    return squeeze(solve(A, unsqueeze(B, -1), left), -1);
  }
  detail::require_system(A, B, left, "solve");
  if (left) return apply(Solve{false}, A, B);
  return detail::transposed(apply(Solve{true}, A, detail::transposed(B)));
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

Tensor regular(const Tensor& x) { return x + 4 * identity_like(x); }

OperatorInfo inverse_cases() {
  Draw draw;
  const auto call = [](const Inputs& in) { return inverse(regular(in[0])); };
  return {"inverse",
          {{"a matrix", {draw({3, 3})}, call},
           {"a batch", {draw({2, 3, 3})}, call},
           {"nothing", {draw({2, 0, 0})}, call}}};
}

OperatorInfo solve_cases() {
  Draw draw;
  OperatorInfo info{"solve", {}};
  const auto add = [&](const char* label, const Shape& a, const Shape& b, bool left) {
    info.cases.push_back({label, {draw(a), draw(b)}, [left](const Inputs& in) {
                            require_defined(in[0], in[1], "solve");
                            return solve(regular(in[0]), in[1], left);
                          }});
  };
  add("a vector", {3, 3}, {3}, true);
  add("columns", {3, 3}, {3, 2}, true);
  add("rows", {3, 3}, {2, 3}, false);
  add("a batch", {2, 3, 3}, {2, 3, 1}, true);
  add("one matrix for a batch", {2, 2}, {3, 2, 2}, true);
  add("a batch for one right side", {2, 2, 2}, {1, 2}, false);
  add("batches that broadcast", {2, 1, 2, 2}, {3, 2, 1}, true);
  add("nothing", {2, 0, 0}, {2, 0, 3}, true);
  return info;
}

}  // namespace detail

}  // namespace tapegrad
