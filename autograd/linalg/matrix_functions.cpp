#include "autograd/linalg/matrix_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/linalg/factors.h"
#include "autograd/linalg/matrices.h"
#include "autograd/linalg/solve.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/reduce/reduce.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

namespace {

/// The approximant of degree 13, right to double precision where the largest sum over a column is
/// below 5.37.
Tensor approximant(const Tensor& a) {
  constexpr double b[] = {64764752532480000,
                          32382376266240000,
                          7771770303897600,
                          1187353796428800,
                          129060195264000,
                          10559470521600,
                          670442572800,
                          33522128640,
                          1323241920,
                          40840800,
                          960960,
                          16380,
                          182,
                          1};
  const Tensor one = detail::identity_like(a);
  const Tensor a2 = matmul(a, a), a4 = matmul(a2, a2), a6 = matmul(a2, a4);
  const Tensor odd = matmul(a6, b[13] * a6 + b[11] * a4 + b[9] * a2) + b[7] * a6 + b[5] * a4 +
                     b[3] * a2 + b[1] * one;
  const Tensor even = matmul(a6, b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 +
                      b[2] * a2 + b[0] * one;
  const Tensor u = matmul(a, odd);
  return solve(even - u, even + u);
}

/// How often each matrix has to be halved for that, and by what it is multiplied then, `[..., 1,
/// 1]`.
std::pair<Tensor, Tensor> halved(const Tensor& a) {
  const Shape each = detail::with_matrix(detail::batch_of(a.shape()), 1, 1);
  const Tensor often = detail::new_tensor(each, a.dtype());
  const Tensor scale = detail::new_tensor(each, a.dtype());
  visit_floating(a.dtype(), [&]<class T>(T) {
    detail::launch(
        "halvings",
        [](const T* x, T* count_to, T* scale_to, std::int64_t n, std::int64_t count) {
          for (std::int64_t i = 0; i < count; ++i, x += n * n) {
            T largest = 0;
            for (std::int64_t column = 0; column < n; ++column) {
              T total = 0;
              for (std::int64_t row = 0; row < n; ++row) total += std::abs(x[row * n + column]);
              largest = std::max(largest, total);
            }
            int times = 0;
            // Of what is not finite nothing is left.
            if (largest > T(5.37) && std::isfinite(largest))
              times = static_cast<int>(std::ceil(std::log2(largest / T(5.37))));
            count_to[i] = static_cast<T>(times);
            scale_to[i] = std::ldexp(T(1), -times);
          }
        },
        detail::in<T>(a), detail::out<T>(often), detail::out<T>(scale), a.shape().back(),
        each.numel());
  });
  return {often, scale};
}

/// exp(A) = exp(A / 2^s)^(2^s).
struct MatrixExp {
  static constexpr const char* name = "matrix_exp";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA};
  static constexpr NoOnnx onnx{"ONNX has no exponential of a matrix"};

  Tensor forward(const Tensor& a) const {
    if (a.numel() == 0) return detail::new_tensor_like(a, a.dtype());
    const auto [halvings, scale] = halved(a);
    Tensor y = approximant(a * scale);
    const double most = max(halvings).item();
    for (double done = 0; done < most; ++done) y = where(halvings > done, matmul(y, y), y);
    return y;
  }
  /// What T adds, by the exponential of [[A, T], [0, A]]. It is linear in T, which is brought to
  /// the size of a number first, so that it costs no digits.
  static Tensor slope(const Tensor& a, const Tensor& t) {
    const std::int64_t n = a.shape().back();
    if (a.numel() == 0) return t;
    const Tensor size = amax(abs(t.detach()), {-2, -1}, true);
    const Tensor unit = where((size > 0) & isfinite(size), size, 1);
    const Tensor blocks = cat({cat({a, t / unit}, -1), cat({zeros_like(a), a}, -1)}, -2);
    return unit * narrow(narrow(apply(MatrixExp{}, blocks), -2, 0, n), -1, n, n);
  }
  Tensor vjp(const Tensor& g, const Tensor& a, auto) const {
    return slope(detail::transposed(a), g);
  }
  Tensor jvp(const Tensor& t, const Tensor& a, const Tensor&) const { return slope(a, t); }
};

}  // namespace

Tensor matrix_exp(const Tensor& A) {
  detail::require_square(A, "the argument", "matrix_exp");
  return apply(MatrixExp{}, A);
}

Tensor detail::matrix_power_of(const Tensor& A, std::int64_t n) {
  // The one that every program has.
  const auto power = [](const Tensor& x, std::int64_t times) {
    return tapegrad::matrix_power(x, Integer(times));
  };
  if (n >= 0) return power(A, n);
  require_square(A, "the argument", "matrix_power");
  const Tensor inverted = inverse(A);
  if (n == -1) return inverted;
  if (n >= -std::numeric_limits<std::int64_t>::max()) return power(inverted, -n);
  return power(power(inverted, -(n / 2)), 2);  // of -n there is no int64
}

Tensor matrix_norm(const Tensor& x, SpectralNorm ord, const Dims& dims, Flag keepdim) {
  detail::require_matrices(x, "the argument", "matrix_norm");
  if (dims.rank() != 2)
    fail<IndexError>("matrix_norm: a matrix has two dimensions, but dims are {}", dims);
  const detail::ReducedShape shape(x.shape(), dims, keepdim, "matrix_norm");
  const Tensor s = svdvals(movedim(x, shape.dims, {-2, -1}));
  if (ord != SpectralNorm::nuc && s.shape().back() == 0)
    detail::fail_nothing_to_choose(x.shape(), shape.dims, "matrix_norm");
  const Tensor norm = ord == SpectralNorm::nuc   ? sum(s, -1)
                      : ord == SpectralNorm::two ? amax(s, -1)
                                                 : amin(s, -1);
  return reshape(norm, shape.result);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo matrix_exp_cases() {
  Draw draw;
  const auto call = [](const Inputs& in) { return matrix_exp(in[0]); };
  return {"matrix_exp",
          {{"a matrix", {draw({3, 3}, {-1, 1})}, call},
           {"one that is halved first", {draw({3, 3}, {2.5, 3.5})}, call},
           {"a batch", {draw({2, 3, 3}, {-1, 1})}, call},
           {"nothing", {draw({2, 0, 0})}, call}}};
}

}  // namespace detail

}  // namespace tapegrad
