#include <algorithm>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/linalg/decompose.h"
#include "autograd/linalg/factors.h"
#include "autograd/ops/core/draw.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::kTransposeLeft;
using detail::kTransposeRight;
using detail::transposed;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Tensor sum_of(const Tensor& a, const Tensor& b) { return a.defined() ? a + b : b; }

/// A = U diag(s) V^T. With F[i][j] = 1 / (s[j]^2 - s[i]^2), 0 on the diagonal, and P = U^T dA V,
/// where o multiplies element by element: ds = diag(P), dU = U (F o (P S + S P^T)) + (1 - U U^T) dA
/// V / s, dV = V (F o (S P + P^T S)) + (1 - V V^T) dA^T U / s. The rules for reverse mode are these
/// transposed.
struct Svd {
  static constexpr const char* name = "svd";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads = kY;
  static constexpr NoOnnx onnx{"ONNX has no singular values"};
  bool full;
  static constexpr void visit(auto& op, auto f) { f("full", op.full); }

  /// The decomposition without the vectors beyond the first k.
  struct Parts {
    Tensor u, s, vh;
    std::int64_t k, m, n;

    Parts(const Tensor& whole_u, const Tensor& values, const Tensor& whole_vh)
        : s(values), k(s.shape().back()), m(whole_u.shape()[-2]), n(whole_vh.shape().back()) {
      u = narrow(whole_u, -1, 0, k);
      vh = narrow(whole_vh, -2, 0, k);
    }
    Shape shape() const { return detail::with_matrix(detail::batch_of(s.shape(), 1), m, n); }
    Tensor columns() const { return unsqueeze(s, -2); }
    Tensor rows() const { return unsqueeze(s, -1); }
  };

  std::vector<Tensor> forward(std::span<const Tensor> a) const {
    detail::require_finite(a[0], name);
    return detail::svd_of(a[0], name, full);
  }

  /// The gradient of the first k vectors; throws where there is one for the others, or where
  /// `values` does not have what it needs.
  static Tensor checked(const Tensor& g, const Parts& x, int dim) {
    const std::int64_t more = g.shape()[dim] - x.k;
    if (more > 0 && any(narrow(detail::all_entries(g), dim, x.k, more) != 0).item<bool>())
      fail<ValueError>(
          "svd: a gradient came to the {} that full_matrices adds to the first {} of a matrix of "
          "shape {}; any others would do as well, so that they have none",
          dim == -1 ? "columns of U" : "rows of Vh", x.k, x.shape());
    const Tensor own = narrow(g, dim, 0, x.k);
    detail::require_apart(x.s, own, {dim == -2, (dim == -1 ? x.m : x.n) > x.k}, x.shape(), name);
    return own;
  }
  Tensor vjp(std::size_t, std::span<const Tensor> g, auto, const SavedList& y) const {
    const Parts x(y[0], y[1], y[2]);
    Tensor inside, outside;
    if (g[1].defined()) inside = diag_embed(g[1]);
    const Tensor f =
        g[0].defined() || g[2].defined() ? detail::inverse_gaps(square(x.s), 0) : Tensor();
    const Tensor safe = f.defined() ? where(x.s == 0, 1, x.s) : Tensor();
    if (g[0].defined()) {
      const Tensor own = checked(g[0], x, -1), k = matmul(x.u, own, kTransposeLeft);
      inside = sum_of(inside, (k - transposed(k)) * f * x.columns());
      if (x.m > x.k) outside = matmul((own - matmul(x.u, k)) / unsqueeze(safe, -2), x.vh);
    }
    if (g[2].defined()) {
      const Tensor own = checked(g[2], x, -2), k = matmul(x.vh, own, kTransposeRight);
      inside = sum_of(inside, x.rows() * ((k - transposed(k)) * f));
      if (x.n > x.k)
        outside = sum_of(
            outside, matmul(x.u, (own - matmul(k, x.vh, kTransposeLeft)) / unsqueeze(safe, -1)));
    }
    const Tensor all = matmul(matmul(x.u, inside), x.vh);
    return outside.defined() ? all + outside : all;
  }

  std::vector<Tensor> jvp(std::size_t, const Tensor& t, std::span<const Tensor>,
                          std::span<const Tensor> y) const {
    const Parts x(y[0], y[1], y[2]);
    const Tensor f = detail::inverse_gaps(square(x.s), kNan);
    const Tensor right = matmul(t, x.vh, kTransposeRight);
    const Tensor p = matmul(x.u, right, kTransposeLeft), back = transposed(p);
    Tensor u = matmul(x.u, f * (p * x.columns() + x.rows() * back));
    // Rows of V^T: F is odd.
    Tensor vh = matmul(-f * (x.columns() * back + p * x.rows()), x.vh);
    if (x.m > x.k) u = u + (right - matmul(x.u, p)) / x.columns();
    if (x.n > x.k) vh = vh + (matmul(x.u, t, kTransposeLeft) - matmul(p, x.vh)) / x.rows();
    return {filled(u, y[0].shape()), diagonal(p, 0, -2, -1), filled(vh, y[2].shape())};
  }
  /// With NaN as the tangents of the vectors that `full_matrices` adds.
  static Tensor filled(const Tensor& x, const Shape& shape) {
    for (int d = shape.rank() - 2; d < shape.rank(); ++d) {
      const std::int64_t more = shape[d] - x.shape()[d];
      if (more > 0) return cat({x, kNan * ones(x.shape().with_size(d, more), x.dtype())}, d);
    }
    return x;
  }
};

std::vector<Tensor> svd_call(const Tensor& a, bool full, const char* called) {
  detail::require_matrices(a, "the argument", called);
  return apply(Svd{full && a.shape()[-2] != a.shape().back()}, {&a, 1});
}

}  // namespace

SvdResult svd(const Tensor& A, Flag full_matrices) {
  const std::vector<Tensor> parts = svd_call(A, full_matrices, "svd");
  return {parts[0], parts[1], parts[2]};
}

Tensor svdvals(const Tensor& A) { return svd_call(A, false, "svdvals")[1]; }

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo svd_cases() {
  Draw draw;
  OperatorInfo info{"svd", {}};
  // What the signs of singular vectors do not matter to.
  const auto call = [](const Inputs& in) {
    require_defined(in[0], "svd");
    const auto [u, s, vh] = svd(in[0], false);
    return sum(sin(square(u)) * unsqueeze(s, -2)) + sum(cos(square(vh)) * unsqueeze(s, -1)) +
           matmul(u * unsqueeze(exp(-s), -2), vh);
  };
  const auto add = [&](const char* label, const Shape& shape) {
    info.cases.push_back({label, {draw(shape)}, call});
  };
  add("a matrix", {3, 3});
  add("tall", {3, 2});
  add("a batch of wide ones", {2, 2, 3});
  add("nothing", {2, 0, 3});
  info.cases.push_back({"values alone", {draw({2, 3})}, [](const Inputs& in) {
                          require_defined(in[0], "svdvals");
                          return svdvals(in[0]);
                        }});
  return info;
}

}  // namespace detail

}  // namespace tapegrad
