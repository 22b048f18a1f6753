#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/factors.h"
#include "autograd/linalg/lu.h"
#include "autograd/ops/core/draw.h"
#include "autograd/tape/apply.h"

namespace tapegrad {

using detail::Fault;
using detail::kTransposeLeft;
using detail::symmetric_half;
using detail::transposed;
using detail::triangular_solved;

namespace {

/// The lower triangle with half of the diagonal.
Tensor half_lower(const Tensor& x) {
  return tril(x, -1) + diag_embed(0.5 * diagonal(x, 0, -2, -1));
}

/// dL = L half_lower(L^-1 dA L^-T).
struct Cholesky {
  static constexpr const char* name = "cholesky";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kY};
  static constexpr NoOnnx onnx{"ONNX has no decomposition of Cholesky"};

  Tensor forward(const Tensor& a) const {
    const Tensor l = detail::new_tensor_like(a, a.dtype());
    visit_floating(a.dtype(), [&]<class T>(T) {
      const Fault fault = detail::launch(
          name,
          [](const T* from, T* to, std::int64_t n, std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i) {
              const std::int64_t failed = dense::cholesky(from + i * n * n, n, to + i * n * n);
              if (failed >= 0) return Fault{i, failed};
            }
            return Fault{-1, 0};
          },
          detail::in<T>(a), detail::out<T>(l), a.shape().back(),
          a.numel() == 0 ? 0 : detail::batch_of(a.shape()).numel());
      if (fault.at >= 0) [[unlikely]]
        detail::fail_matrix(a.shape(), fault, "is not positive definite: pivot {} is not above 0",
                            name);
    });
    return l;
  }
  Tensor vjp(const Tensor& g, auto, const Tensor& l) const {
    const Tensor p = half_lower(matmul(l, g, kTransposeLeft));
    // L^-T P L^-1.
    const Tensor left = triangular_solved(l, p, false, true);
    return symmetric_half(transposed(triangular_solved(l, transposed(left), false, true)));
  }
  Tensor jvp(const Tensor& t, const Tensor&, const Tensor& l) const {
    const Tensor left = triangular_solved(l, symmetric_half(t), false, false);
    return matmul(l, half_lower(triangular_solved(l, transposed(left), false, false)));
  }
};

}  // namespace

Tensor detail::symmetric_half(const Tensor& x) { return 0.5 * (x + transposed(x)); }

Tensor cholesky(const Tensor& A, Flag upper) {
  detail::require_square(A, "the argument", "cholesky");
  return upper ? transposed(apply(Cholesky{}, transposed(A))) : apply(Cholesky{}, A);
}

Tensor cholesky_solve(const Tensor& B, const Tensor& L, Flag upper) {
  detail::require_defined(B, L, "cholesky_solve");
  detail::require_system(L, B, true, "cholesky_solve");
  return triangular_solved(L, triangular_solved(L, B, upper, upper), upper, !upper);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

namespace {

Tensor positive_definite(const Tensor& x) {
  return matmul(x, x, kTransposeRight) + identity_like(x);
}

}  // namespace

OperatorInfo cholesky_cases() {
  Draw draw;
  OperatorInfo info{"cholesky", {}};
  const auto add = [&](const char* label, const Shape& shape, bool upper) {
    info.cases.push_back({label, {draw(shape)}, [upper](const Inputs& in) {
                            require_defined(in[0], "cholesky");
                            return cholesky(positive_definite(in[0]), upper);
                          }});
  };
  add("a matrix", {3, 3}, false);
  add("upper", {3, 3}, true);
  add("a batch", {2, 3, 3}, false);
  add("nothing", {2, 0, 0}, false);
  return info;
}

}  // namespace detail

}  // namespace tapegrad
