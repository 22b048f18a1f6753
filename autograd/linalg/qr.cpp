#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/factors.h"
#include "autograd/linalg/lu.h"
#include "autograd/ops/core/draw.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::kTransposeLeft;
using detail::kTransposeRight;
using detail::transposed;
using detail::triangular_solved;

namespace {

/// A = Q R for m >= n. With Q^T dA R^-1 = W + T, where W is the part that is odd (W^T = -W) and T
/// is upper triangular: dR = T R and dQ = (dA - Q dR) R^-1. In reverse, with the lower triangle L
/// of R dR^T - dQ^T Q: dA = (dQ + Q (L + L^T without one of the diagonals)) R^-T.
struct Qr {
  static constexpr const char* name = "qr";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads = kY;
  static constexpr NoOnnx onnx{"ONNX has no decomposition into Q and R"};
  bool complete;  // m > n, and Q is square
  static constexpr void visit(auto& op, auto f) { f("complete", op.complete); }

  std::vector<Tensor> forward(std::span<const Tensor> in) const {
    const Tensor& a = in[0];
    const Shape batch = detail::batch_of(a.shape());
    const std::int64_t m = a.shape()[-2], n = a.shape().back(), k = complete ? m : n;
    const Tensor q = detail::new_tensor(detail::with_matrix(batch, m, k), a.dtype());
    const Tensor r = detail::new_tensor(detail::with_matrix(batch, k, n), a.dtype());
    visit_floating(a.dtype(), [&]<class T>(T) {
      detail::launch(
          name,
          [](const T* from, T* left, T* right, std::int64_t height, std::int64_t width,
             std::int64_t columns, std::int64_t count) {
            for (std::int64_t i = 0; i < count; ++i)
              dense::qr(from + i * height * width, height, width, columns,
                        left + i * height * columns, right + i * columns * width);
          },
          detail::in<T>(a), detail::out<T>(q), detail::out<T>(r), m, n, k,
          q.numel() == 0 ? 0 : batch.numel());
    });
    return {q, r};
  }
  void require_gradient(const Tensor& r) const {
    if (!complete && any(diagonal(detail::all_entries(r.detach()), 0, -2, -1) == 0).item<bool>())
      fail<ValueError>(
          "qr: a matrix, of R of shape {}, has columns that depend on those before them: R has a 0 "
          "on its diagonal, and there is no gradient",
          r.shape());
    if (complete)
      fail<ValueError>(
          "qr: of a matrix with more rows than columns the mode complete has no gradient: the last "
          "columns of Q could be any; use the mode reduced");
  }
  /// X of X R = B.
  static Tensor divided(const Tensor& b, const Tensor& r, bool by_transpose) {
    return transposed(triangular_solved(r, transposed(b), true, !by_transpose));
  }
  Tensor vjp(std::size_t, std::span<const Tensor> g, auto, const SavedList& y) const {
    const Tensor q = y[0], r = y[1];
    require_gradient(r);
    Tensor m;
    if (g[1].defined()) m = matmul(r, g[1], kTransposeRight);
    if (g[0].defined()) {
      const Tensor turned = matmul(g[0], q, kTransposeLeft);
      m = m.defined() ? m - turned : -turned;
    }
    const Tensor inside = matmul(q, tril(m) + transposed(tril(m, -1)));
    return divided(g[0].defined() ? g[0] + inside : inside, r, true);
  }
  std::vector<Tensor> jvp(std::size_t, const Tensor& t, std::span<const Tensor>,
                          std::span<const Tensor> y) const {
    const Tensor &q = y[0], &r = y[1];
    require_gradient(r);
    const Tensor both = divided(matmul(q, t, kTransposeLeft), r, false);
    const Tensor lower = tril(both, -1);
    const Tensor dr = matmul(both - lower + transposed(lower), r);
    return {divided(t - matmul(q, dr), r, false), dr};
  }
};

}  // namespace

QrResult qr(const Tensor& A, QrMode mode) {
  detail::require_matrices(A, "the argument", "qr");
  const std::int64_t m = A.shape()[-2], n = A.shape().back();
  if (m < n) {
    // Q is that of the first m columns.
    const auto [q, r] = qr(narrow(A, -1, 0, m));
    const Tensor whole = cat({r, matmul(q, narrow(A, -1, m, n - m), kTransposeLeft)}, -1);
    return {mode == QrMode::r ? zeros(0, A.dtype()) : q, whole};
  }
  const std::vector<Tensor> parts = apply(Qr{mode == QrMode::complete && m > n}, {&A, 1});
  return {mode == QrMode::r ? zeros(0, A.dtype()) : parts[0], parts[1]};
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo qr_cases() {
  Draw draw;
  OperatorInfo info{"qr", {}};
  const auto add = [&](const char* label, const Shape& shape, QrMode mode) {
    info.cases.push_back({label, {draw(shape)}, [mode](const Inputs& in) {
                            const auto [q, r] = qr(in[0], mode);
                            return mode == QrMode::r ? sin(r) : matmul(sin(q), cos(r));
                          }});
  };
  add("a matrix", {3, 3}, QrMode::complete);
  add("tall", {3, 2}, QrMode::reduced);
  add("wide", {2, 4}, QrMode::reduced);
  add("a batch, R alone", {2, 3, 2}, QrMode::r);
  add("nothing", {2, 3, 0}, QrMode::reduced);
  return info;
}

}  // namespace detail

}  // namespace tapegrad
