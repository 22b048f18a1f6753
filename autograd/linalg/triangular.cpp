#include "autograd/base/fail.h"
#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/lu.h"
#include "autograd/linalg/solve.h"
#include "autograd/ops/core/draw.h"
#include "autograd/tape/apply.h"

namespace tapegrad {

using detail::Fault;
using detail::kTransposeRight;
using detail::Meeting;

namespace {

/// A X = B, or A^T X = B: then A' below is A^T. With G' = A'^-T G: dB = G', and dA' is the triangle
/// of -G' X^T.
struct SolveTriangular {
  static constexpr const char* name = "solve_triangular";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr Reads reads[] = {kA | kY, kA};
  static constexpr NoOnnx onnx{"ONNX has no solution of systems of equations"};
  bool upper, flipped, unit;
  static constexpr void visit(auto& op, auto f) {
    f("upper", op.upper);
    f("flipped", op.flipped);
    f("unit", op.unit);
  }

  Tensor forward(const Tensor& a, const Tensor& b) const {
    const Meeting pair = detail::meeting(a, b, name);
    visit_floating(b.dtype(), [&]<class T>(T) {
      const Fault fault = detail::launch(
          name,
          [](const T* matrix, T* x, dense::Triangle triangle, std::int64_t step, std::int64_t count,
             std::int64_t n, std::int64_t k) {
            for (std::int64_t i = 0; i < count; ++i, x += n * k, matrix += step) {
              for (std::int64_t j = 0; j < n && !triangle.unit; ++j)
                if (matrix[j * (n + 1)] == 0) return Fault{i, j};
              dense::solve_triangular(matrix, triangle, n, x, k);
            }
            return Fault{-1, 0};
          },
          detail::in<T>(pair.a), detail::inout<T>(pair.b), dense::Triangle{upper, flipped, unit},
          pair.step_a, pair.count, pair.n, pair.k);
      if (fault.at >= 0) [[unlikely]]
        detail::fail_matrix((pair.step_a == 0 ? a : pair.a).shape(),
                            {pair.step_a == 0 ? 0 : fault.at, fault.value},
                            "is singular: element {} of its diagonal is 0", name);
    });
    return pair.b;
  }
  Tensor triangle_of(const Tensor& x) const {
    return upper ? triu(x, unit ? 1 : 0) : tril(x, unit ? -1 : 0);
  }
  Tensor vjp_a(const Tensor& g, const Tensor& a, auto, const Tensor& y) const {
    const Tensor right = vjp_b(g, a, NotSaved(), NotSaved());
    return triangle_of(
        -(flipped ? matmul(y, right, kTransposeRight) : matmul(right, y, kTransposeRight)));
  }
  Tensor vjp_b(const Tensor& g, const Tensor& a, auto, auto) const {
    return apply(SolveTriangular{upper, !flipped, unit}, a, g);
  }
  Tensor jvp_a(const Tensor& t, const Tensor& a, const Tensor&, const Tensor& y) const {
    return -apply(*this, a, matmul(triangle_of(t), y, {.transpose_a = flipped}));
  }
  Tensor jvp_b(const Tensor& t, const Tensor& a, const Tensor&, const Tensor&) const {
    return apply(*this, a, t);
  }
};

}  // namespace

Tensor detail::triangular_solved(const Tensor& a, const Tensor& b, bool upper, bool flipped) {
  return apply(SolveTriangular{upper, flipped, false}, a, b);
}

Tensor solve_triangular(const Tensor& A, const Tensor& B, SolveTriangularOptions options) {
  detail::require_system(A, B, options.left, "solve_triangular");
  const SolveTriangular op{options.upper, !options.left, options.unitriangular};
  return options.left ? apply(op, A, B) : detail::transposed(apply(op, A, detail::transposed(B)));
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo solve_triangular_cases() {
  Draw draw;
  OperatorInfo info{"solve_triangular", {}};
  const auto add = [&](const char* label, const Shape& a, const Shape& b,
                       SolveTriangularOptions with) {
    info.cases.push_back({label, {draw(a), draw(b)}, [with](const Inputs& in) {
                            require_defined(in[0], in[1], "solve_triangular");
                            return solve_triangular(regular(in[0]), in[1], with);
                          }});
  };
  add("lower", {3, 3}, {3, 2}, {.upper = false});
  add("upper", {3, 3}, {3, 2}, {.upper = true});
  add("upper from the right", {3, 3}, {2, 3}, {.upper = true, .left = false});
  add("ones on the diagonal", {3, 3}, {3, 2}, {.upper = false, .unitriangular = true});
  add("one matrix for a batch", {2, 2}, {3, 2, 1}, {.upper = true});
  add("batches that broadcast", {2, 1, 2, 2}, {3, 1, 2},
      {.upper = false, .left = false, .unitriangular = true});
  add("nothing", {0, 0}, {2, 0, 3}, {.upper = false});
  return info;
}

}  // namespace detail

}  // namespace tapegrad
