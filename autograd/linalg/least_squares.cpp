#include "autograd/linalg/least_squares.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/linalg/decompose.h"
#include "autograd/linalg/factors.h"
#include "autograd/ops/core/draw.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::kTransposeLeft;
using detail::kTransposeRight;

namespace {

/// Which singular values count.
struct Cutoff {
  double absolute, relative;

  Cutoff(const Tensor& a, std::optional<double> atol, std::optional<double> rtol, const char* name)
      : absolute(atol.value_or(0)), relative(rtol.value_or(atol.value_or(0) > 0 ? 0 : usual(a))) {
    if (std::isnan(absolute) || std::isnan(relative))
      fail<ValueError>("{}: atol and rtol must be numbers, but are {} and {}", name, absolute,
                       relative);
  }
  Cutoff(double atol, double rtol) : absolute(atol), relative(rtol) {}

  static double usual(const Tensor& a) {
    const double next = a.dtype() == float32 ? std::numeric_limits<float>::epsilon()
                                             : std::numeric_limits<double>::epsilon();
    return next * static_cast<double>(std::max(a.shape()[-2], a.shape().back()));
  }
  /// `s` in descending order.
  Tensor counts(const Tensor& s) const {
    if (s.shape().back() == 0) return s > 0;
    return s > maximum(narrow(s, -1, 0, 1) * relative, absolute);
  }
};

/// dP = -P dA P + P P^T dA^T (1 - A P) + (1 - P A) dA^T P^T P.
struct Pinv {
  static constexpr const char* name = "pinv";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA | kY};
  static constexpr NoOnnx onnx{"ONNX has no singular values"};
  double absolute, relative;
  static constexpr void visit(auto& op, auto f) {
    f("absolute", op.absolute);
    f("relative", op.relative);
  }

  Tensor forward(const Tensor& a) const {
    detail::require_finite(a, name);
    const std::vector<Tensor> usv = detail::svd_of(a, name);
    const Tensor counts = Cutoff(absolute, relative).counts(usv[1]);
    const Tensor inverses = where(counts, reciprocal(where(counts, usv[1], 1)), 0);
    return matmul(usv[2], usv[0] * unsqueeze(inverses, -2), {true, true});
  }
  Tensor vjp(const Tensor& g, const Tensor& a, const Tensor& p) const {
    const Tensor gt = detail::transposed(g);
    const Tensor left = matmul(gt, p);   // G^T P
    const Tensor right = matmul(p, gt);  // P G^T
    const Tensor first = -detail::transposed(matmul(right, p));
    // (1 - A P) G^T P P^T and P^T P G^T (1 - P A).
    const Tensor second = matmul(left - matmul(a, matmul(p, left)), p, kTransposeRight);
    const Tensor third = matmul(p, right - matmul(matmul(right, p), a), kTransposeLeft);
    return first + second + third;
  }
  Tensor jvp(const Tensor& t, const Tensor& a, const Tensor& p) const {
    const Tensor tt = detail::transposed(t);
    const Tensor left = matmul(tt, p, kTransposeRight);  // dA^T P^T
    const Tensor right = matmul(p, tt, kTransposeLeft);  // P^T dA^T
    return matmul(matmul(-p, t), p) + matmul(p, right - matmul(matmul(right, a), p)) +
           matmul(left - matmul(p, matmul(a, left)), p);
  }
};

/// `a`, or, where it is said to be symmetric, what is.
Tensor means_of_triangles(const Tensor& a, bool hermitian, const char* name) {
  if (!hermitian) return a;
  detail::require_square(a, "the symmetric argument", name);
  return detail::symmetric_half(a);
}

}  // namespace

Tensor pinv(const Tensor& A, std::optional<double> atol, std::optional<double> rtol) {
  detail::require_matrices(A, "the argument", "pinv");
  const Cutoff cutoff(A, atol, rtol, "pinv");
  return apply(Pinv{cutoff.absolute, cutoff.relative}, A);
}

Tensor matrix_rank(const Tensor& A, std::optional<double> atol, std::optional<double> rtol) {
  detail::require_matrices(A, "the argument", "matrix_rank");
  detail::require_finite(A, "matrix_rank");
  return sum(Cutoff(A, atol, rtol, "matrix_rank").counts(svdvals(A.detach())), -1);
}

Tensor pinv(const Tensor& A, const RankOptions& options) {
  return pinv(means_of_triangles(A, options.hermitian, "pinv"), options.atol, options.rtol);
}

Tensor matrix_rank(const Tensor& A, const RankOptions& options) {
  return matrix_rank(means_of_triangles(A, options.hermitian, "matrix_rank"), options.atol,
                     options.rtol);
}

LstsqResult lstsq(const Tensor& A, const Tensor& B, std::optional<double> rcond) {
  detail::require_defined(A, B, "lstsq");
  detail::require_matrices(A, "the first argument", "lstsq");
  detail::require_same_type("second argument", B.dtype(), "first argument", A.dtype(), "lstsq");
  const std::int64_t m = A.shape()[-2], n = A.shape().back();
  if (B.dim() == 1 || B.shape() == detail::batch_of(A.shape(), 1)) {
    LstsqResult result = lstsq(A, unsqueeze(B, -1), rcond);
    result.solution = squeeze(result.solution, -1);
    if (result.residuals.dim() > 1) result.residuals = squeeze(result.residuals, -1);
    return result;
  }
  if (B.dim() < 2 || B.shape()[-2] != m)
    fail<ShapeError>(
        "lstsq: {} equations, by a matrix of shape {}, have a right side of shape "
        "[..., {}, k], not {}",
        m, A.shape(), m, B.shape());
  detail::require_finite(A, "lstsq");
  const Cutoff cutoff(A, {}, rcond, "lstsq");
  const Tensor solution = matmul(apply(Pinv{cutoff.absolute, cutoff.relative}, A), B);
  const Tensor s = svdvals(A.detach()), rank = sum(cutoff.counts(s), -1);
  const bool remain = m > n && all(rank == n).item<bool>();
  return {solution, remain ? sum(square(matmul(A, solution) - B), -2) : zeros(0, A.dtype()), rank,
          s};
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo pinv_cases() {
  Draw draw;
  OperatorInfo info{"pinv", {}};
  const auto add = [&](const char* label, const Shape& shape) {
    info.cases.push_back({label, {draw(shape)}, [](const Inputs& in) { return pinv(in[0]); }});
  };
  add("a matrix", {3, 3});
  add("tall", {4, 2});
  add("a batch of wide ones", {2, 2, 3});
  add("nothing", {2, 0, 3});
  info.cases.push_back({"of rank 2", {draw({4, 2}), draw({2, 3})}, [](const Inputs& in) {
                          return pinv(matmul(in[0], in[1]), {}, 1e-4);
                        }});
  info.cases.push_back({"symmetric", {draw({3, 3})}, [](const Inputs& in) {
                          return pinv(in[0], {.hermitian = true});
                        }});
  return info;
}

}  // namespace detail

}  // namespace tapegrad
