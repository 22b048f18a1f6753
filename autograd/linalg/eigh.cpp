#include <algorithm>
#include <limits>

#include "autograd/linalg/decompose.h"
#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/factors.h"
#include "autograd/ops/core/draw.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::Fault;
using detail::kTransposeLeft;
using detail::kTransposeRight;
using detail::new_tensor_like;
using detail::symmetric_half;

namespace {

/// A = V diag(w) V^T. With F[i][j] = 1 / (w[j] - w[i]), 0 on the diagonal, and M = V^T dA V:
/// dw = diag(M) and dV = V (F o M), where o multiplies element by element.
struct Eigh {
  static constexpr const char* name = "eigh";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads = kY;
  static constexpr NoOnnx onnx{"ONNX has no eigenvalues"};

  std::vector<Tensor> forward(std::span<const Tensor> in) const {
    const Tensor& a = in[0];
    detail::require_finite(a, name);
    const std::int64_t n = a.shape().back();
    const Tensor w = detail::new_tensor(detail::batch_of(a.shape(), 1), a.dtype());
    const Tensor v = new_tensor_like(a, a.dtype());
    visit_floating(a.dtype(), [&]<class T>(T) {
      const Fault fault = detail::launch(
          name,
          [](const T* from, T* values, T* vectors, std::int64_t size, std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i) {
              const std::int64_t at = i * size * size;
              if (!dense::eigh(from + at, size, values + i * size, vectors + at))
                return Fault{i, 0};
            }
            return Fault{-1, 0};
          },
          detail::in<T>(a), detail::out<T>(w), detail::out<T>(v), n, n == 0 ? 0 : w.numel() / n);
      detail::require_converged(a, fault, name);
    });
    return {w, v};
  }
  Tensor vjp(std::size_t, std::span<const Tensor> g, auto, const SavedList& y) const {
    const Tensor v = y[1];
    Tensor inside;
    if (g[0].defined()) inside = diag_embed(g[0]);
    if (g[1].defined()) {
      const Tensor w = y[0];
      detail::require_apart(w, g[1], {}, v.shape(), name);
      const Tensor turned = matmul(v, g[1], kTransposeLeft) * detail::inverse_gaps(w, 0);
      inside = inside.defined() ? inside + turned : turned;
    }
    return symmetric_half(matmul(matmul(v, inside), v, kTransposeRight));
  }
  std::vector<Tensor> jvp(std::size_t, const Tensor& t, std::span<const Tensor>,
                          std::span<const Tensor> y) const {
    const Tensor m = matmul(matmul(y[1], symmetric_half(t), kTransposeLeft), y[1]);
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return {diagonal(m, 0, -2, -1), matmul(y[1], m * detail::inverse_gaps(y[0], nan))};
  }
};

std::vector<Tensor> eigh_of(const Tensor& a, UPLO uplo, const char* called) {
  detail::require_square(a, "the argument", called);
  const Tensor read = uplo == UPLO::L ? a : detail::transposed(a);
  return apply(Eigh{}, {&read, 1});
}

}  // namespace

Tensor detail::inverse_gaps(const Tensor& values, double at_equal) {
  const Tensor gaps = unsqueeze(values, -2) - unsqueeze(values, -1);
  const Tensor equal = gaps == 0;
  const Tensor inverses = reciprocal(where(equal, 1, gaps));
  if (at_equal == 0) return where(equal, 0, inverses);
  const Tensor one = eye(values.shape().back(), {}, values.dtype());
  return where(one != 0, 0, where(equal, at_equal, inverses));
}

EighResult eigh(const Tensor& A, UPLO uplo) {
  const std::vector<Tensor> parts = eigh_of(A, uplo, "eigh");
  return {parts[0], parts[1]};
}

Tensor eigvalsh(const Tensor& A, UPLO uplo) { return eigh_of(A, uplo, "eigvalsh")[0]; }

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo eigh_cases() {
  Draw draw;
  // What the signs of eigenvectors do not matter to.
  const auto call = [](const Inputs& in) {
    require_defined(in[0], "eigh");
    const Tensor apart = diag_embed(arange(in[0].shape().back()).to(in[0].dtype()) * 5);
    const auto [w, v] = eigh(symmetric_half(in[0]) + apart);
    return square(v) * unsqueeze(w, -2) + unsqueeze(sin(w), -1);
  };
  return {"eigh",
          {{"a matrix", {draw({3, 3})}, call},
           {"a batch", {draw({2, 3, 3})}, call},
           {"nothing", {draw({2, 0, 0})}, call},
           {"eigenvalues alone", {draw({3, 3})}, [](const Inputs& in) {
              require_defined(in[0], "eigvalsh");
              return eigvalsh(symmetric_half(in[0]), UPLO::U);
            }}}};
}

}  // namespace detail

}  // namespace tapegrad
