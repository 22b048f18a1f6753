#include "autograd/linalg/det.h"

#include <cmath>
#include <limits>
#include <vector>

#include "autograd/linalg/decompose.h"
#include "autograd/linalg/lu.h"
#include "autograd/linalg/solve.h"
#include "autograd/ops/core/draw.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::in;
using detail::kTransposeLeft;
using detail::kTransposeRight;
using detail::launch;
using detail::LuFactors;
using detail::new_tensor;
using detail::out;

namespace {

/// `[...]` as numbers for matrices, `[..., 1, 1]`.
Tensor for_matrices(const Tensor& x) { return unsqueeze(unsqueeze(x, -1), -1); }

/// The sum of the products of the elements of matrices.
Tensor product_of(const Tensor& a, const Tensor& b) { return sum(a * b, {-2, -1}); }

/// True for an odd permutation.
bool is_odd(const std::int64_t* rows, std::int64_t n, std::vector<bool>& seen) {
  seen.assign(static_cast<std::size_t>(n), false);
  bool odd = false;
  for (std::int64_t i = 0; i < n; ++i) {
    bool even_cycle = false;
    for (std::int64_t j = i; !seen[static_cast<std::size_t>(j)]; j = rows[j]) {
      if (j != i) even_cycle = !even_cycle;
      seen[static_cast<std::size_t>(j)] = true;
    }
    odd ^= even_cycle;
  }
  return odd;
}

/// The determinant of each matrix, or, in two tensors, its sign and the logarithm of its size.
struct Determinant {
  Tensor sign, size;

  Determinant(const Tensor& a, const LuFactors& lu, bool logarithm) {
    const Shape batch = detail::batch_of(a.shape());
    size = new_tensor(batch, a.dtype());
    sign = new_tensor(batch, a.dtype());
    visit_floating(a.dtype(), [&]<class T>(T) {
      launch(
          "det",
          [](const T* factors, const std::int64_t* rows, T* sign_to, T* to, bool logs,
             std::int64_t n, std::int64_t count) {
            std::vector<bool> seen;
            for (std::int64_t i = 0; i < count; ++i, factors += n * n, rows += n) {
              T s = is_odd(rows, n, seen) ? T(-1) : T(1), value = logs ? T(0) : T(1);
              for (std::int64_t j = 0; j < n; ++j) {
                const T pivot = factors[j * (n + 1)];
                if (logs) {
                  s *= pivot > 0 ? T(1) : pivot < 0 ? T(-1) : pivot;  // 0 and NaN stay
                  value += std::log(std::abs(pivot));
                } else {
                  value *= pivot;
                }
              }
              sign_to[i] = s;
              to[i] = logs ? value : s * value;
            }
          },
          in<T>(lu.factors), in<std::int64_t>(lu.rows), out<T>(sign), out<T>(size), logarithm,
          a.shape().back(), batch.numel());
    });
  }
};

/// Where Cofactors take the inverse: the error of that grows with the condition number.
template <class T>
T largest_condition() {
  return 1 / std::cbrt(std::numeric_limits<T>::epsilon());
}

Tensor slope_of_cofactors(const Tensor& a, const Tensor& h);

/// The matrix of cofactors C, the gradient of det. Where A is far from singular it is det(A) A^-T;
/// else, with A = U S V^T, it is det(U) det(V) U C(S) V^T, where element i of the diagonal matrix
/// C(S) is the product of the other singular values. Its derivative is symmetric: it is the second
/// one of det.
struct Cofactors {
  static constexpr const char* name = "cofactors";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA};
  static constexpr bool symmetric = true;
  static constexpr NoOnnx onnx{"ONNX has no cofactors of a matrix"};

  Tensor forward(const Tensor& a) const;
  Tensor vjp(const Tensor& g, const Tensor& a, auto) const { return slope_of_cofactors(a, g); }
};

/// Products of all singular values but two, `[..., n, n]`, and on the diagonal of all but one.
Tensor products_without(const Tensor& s) {
  const std::int64_t n = s.shape().back();
  const Tensor products =
      new_tensor(detail::with_matrix(detail::batch_of(s.shape(), 1), n, n), s.dtype());
  visit_floating(s.dtype(), [&]<class T>(T) {
    launch(
        "products_without",
        [](const T* value, T* to, std::int64_t size, std::int64_t count) {
          for (std::int64_t b = 0; b < count; ++b, value += size, to += size * size) {
            // What is before i, between i and j, and behind j.
            T before = 1;
            for (std::int64_t i = 0; i < size; before *= value[i++]) {
              T behind = 1;
              for (std::int64_t j = size - 1; j > i; behind *= value[j--])
                to[i * size + j] = behind;
              to[i * size + i] = before * behind;
              T left = before;
              for (std::int64_t j = i + 1; j < size; left *= value[j++])
                to[j * size + i] = to[i * size + j] *= left;
            }
          }
        },
        in<T>(s), out<T>(products), n, n == 0 ? 0 : s.numel() / n);
  });
  return products;
}

/// Singular values and vectors, and the sign of det(U) det(V).
struct SingularForm {
  Tensor u, vh, products, sign;

  explicit SingularForm(const Tensor& a) {
    const std::vector<Tensor> usv = detail::svd_of(a, "det");
    u = usv[0];
    vh = usv[2];
    products = products_without(usv[1]);
    const Tensor rotation = matmul(u, vh);
    sign = for_matrices(Determinant(a, detail::lu_factors(rotation), true).sign);
  }
};

Tensor cofactors_by_values(const Tensor& a) {
  const SingularForm form(a);
  const Tensor scale = unsqueeze(diagonal(form.products, 0, -2, -1), -2) * form.sign;
  return matmul(form.u * scale, form.vh);
}

/// det(A) A^-T; `far`: the matrices that this is accurate for.
Tensor cofactors_by_inverse(const Tensor& a, const LuFactors& lu, const Tensor& far) {
  const Tensor inverse = detail::lu_solved(lu.factors, lu.rows, false, detail::identity_like(a));
  const std::int64_t n = a.shape().back();
  visit_floating(a.dtype(), [&]<class T>(T) {
    launch(
        "condition",
        [](const T* x, const T* y, bool* good, T most, std::int64_t size, std::int64_t count) {
          const std::int64_t whole = size * size;
          for (std::int64_t b = 0; b < count; ++b, x += whole, y += whole) {
            T xx = 0, yy = 0;
            for (std::int64_t i = 0; i < whole; ++i) {
              xx += x[i] * x[i];
              yy += y[i] * y[i];
            }
            good[b] = std::sqrt(xx) * std::sqrt(yy) <= most;
          }
        },
        in<T>(a), in<T>(inverse), out<bool>(far), largest_condition<T>(), n, far.numel());
  });
  return for_matrices(Determinant(a, lu, false).size) * detail::transposed(inverse);
}

Tensor Cofactors::forward(const Tensor& a) const {
  const Tensor far = new_tensor(detail::batch_of(a.shape()), boolean);
  const Tensor y = cofactors_by_inverse(a, detail::lu_factors(a), far);
  if (all(far).item<bool>()) return y;
  return where(for_matrices(far), y, cofactors_by_values(a));
}

/// The derivative of the cofactors of A in the direction H. With H' = U^T H V and the products p of
/// all singular values but two it is det(U) det(V) U M V^T, where element (i, i) of M is the sum of
/// p[i][j] H'[j][j] over all other j, and element (i, j) is -p[i][j] H'[j][i].
struct CofactorSlope {
  static constexpr const char* name = "cofactor_slope";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA | kB, kA};
  static constexpr NoOnnx onnx{"ONNX has no cofactors of a matrix"};

  Tensor forward(const Tensor& a, const Tensor& h) const {
    const SingularForm form(a);
    const Tensor inside = matmul(matmul(form.u, h, kTransposeLeft), form.vh, kTransposeRight);
    const Tensor others = form.products - diag_embed(diagonal(form.products, 0, -2, -1));
    const Tensor on = matmul(others, unsqueeze(diagonal(inside, 0, -2, -1), -1));
    const Tensor m = diag_embed(squeeze(on, -1)) - others * detail::transposed(inside);
    return matmul(matmul(form.u, m), form.vh) * form.sign;
  }
  /// Of <G, slope>, which is det(A) (tr(PH) tr(PG) - tr(PHPG)) with P = A^-1.
  Tensor vjp_a(const Tensor& g, const Tensor& a, const Tensor& h, auto) const {
    const LuFactors lu = detail::lu_factors(detail::all_entries(a.detach()));
    if (lu.fault.at >= 0)
      detail::fail_matrix(a.shape(), lu.fault,
                          "is singular (pivot {} is 0): there is no third derivative of det",
                          "det");
    const Tensor p = inverse(a), php = matmul(matmul(p, h), p), pgp = matmul(matmul(p, g), p);
    const Tensor ph = for_matrices(product_of(detail::transposed(p), h));
    const Tensor pg = for_matrices(product_of(detail::transposed(p), g));
    const Tensor both = for_matrices(product_of(detail::transposed(php), g));
    const Tensor phpgp = matmul(matmul(php, g), p), pgphp = matmul(matmul(pgp, h), p);
    return for_matrices(det(a)) *
           detail::transposed((ph * pg - both) * p - pg * php - ph * pgp + phpgp + pgphp);
  }
  Tensor vjp_b(const Tensor& g, const Tensor& a, auto, auto) const {
    return apply(CofactorSlope{}, a, g);
  }
  Tensor jvp_a(const Tensor& t, const Tensor& a, const Tensor& h, const Tensor&) const {
    return vjp_a(t, a, h, NotSaved());
  }
  Tensor jvp_b(const Tensor& t, const Tensor& a, const Tensor&, const Tensor&) const {
    return apply(CofactorSlope{}, a, t);
  }
};

Tensor slope_of_cofactors(const Tensor& a, const Tensor& h) { return apply(CofactorSlope{}, a, h); }

/// The product of the pivots.
struct Det {
  static constexpr const char* name = "det";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA};
  static constexpr const char* onnx = "y = Det(a)";
  Tensor forward(const Tensor& a) const {
    return Determinant(a, detail::lu_factors(a), false).size;
  }
  Tensor vjp(const Tensor& g, const Tensor& a, auto) const {
    return for_matrices(g) * apply(Cofactors{}, a);
  }
  Tensor jvp(const Tensor& t, const Tensor& a, const Tensor&) const {
    return product_of(apply(Cofactors{}, a), t);
  }
};

/// d log|det(A)| = tr(A^-1 dA).
struct Slogdet {
  static constexpr const char* name = "slogdet";
  static constexpr Sparsity sparsity = Sparsity::reduction;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads = kA;
  static constexpr NoOnnx onnx{"ONNX has determinants, but not their logarithm"};
  std::vector<Tensor> forward(std::span<const Tensor> a) const {
    const Determinant parts(a[0], detail::lu_factors(a[0]), true);
    return {parts.sign, parts.size};
  }
  Tensor vjp(std::size_t, std::span<const Tensor> g, const SavedList& a, auto) const {
    const Tensor x = a[0];
    if (!g[1].defined()) return zeros_like(x);
    return for_matrices(g[1]) * detail::transposed(inverse(x));
  }
  std::vector<Tensor> jvp(std::size_t, const Tensor& t, std::span<const Tensor> a,
                          std::span<const Tensor> y) const {
    return {zeros_like(y[0]), product_of(detail::transposed(inverse(a[0])), t)};
  }
};

std::vector<Tensor> slogdet_of(const Tensor& a, const char* called) {
  detail::require_square(a, "the argument", called);
  return apply(Slogdet{}, {&a, 1});
}

}  // namespace

Tensor det(const Tensor& A) {
  detail::require_square(A, "the argument", "det");
  return apply(Det{}, A);
}

SlogdetResult slogdet(const Tensor& A) {
  const std::vector<Tensor> parts = slogdet_of(A, "slogdet");
  return {parts[0], parts[1]};
}

Tensor logdet(const Tensor& A) {
  const std::vector<Tensor> parts = slogdet_of(A, "logdet");
  return parts[1] + log(parts[0].detach());
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo det_cases() {
  Draw draw;
  const auto call = [](const Inputs& in) { return det(in[0]); };
  return {"det",
          {{"a matrix", {draw({3, 3})}, call},
           {"a batch", {draw({2, 3, 3})}, call},
           {"nothing", {draw({2, 0, 0})}, call}}};
}

OperatorInfo cofactors_cases() {
  Draw draw;
  return {"cofactors", {{"a matrix", {draw({3, 3})}, [](const Inputs& in) {
                           require_defined(in[0], "cofactors");
                           return apply(Cofactors{}, in[0]);
                         }}}};
}

OperatorInfo cofactor_slope_cases() {
  Draw draw;
  return {"cofactor_slope", {{"a matrix", {draw({3, 3}), draw({3, 3})}, [](const Inputs& in) {
                                require_defined(in[0], in[1], "cofactor_slope");
                                return apply(CofactorSlope{}, in[0], in[1]);
                              }}}};
}

OperatorInfo slogdet_cases() {
  Draw draw;
  const auto call = [](const Inputs& in) {
    const auto [sign, logabsdet] = slogdet(regular(in[0]));
    return sign * logabsdet;
  };
  return {"slogdet", {{"a matrix", {draw({3, 3})}, call}, {"a batch", {draw({2, 3, 3})}, call}}};
}

}  // namespace detail

}  // namespace tapegrad
