#include "autograd/ops/linalg/products.h"

#include <cmath>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/linalg/contract.h"
#include "autograd/ops/linalg/operands.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

constexpr const char* kKinds[] = {"a number", "a vector", "a matrix", "a batch of matrices"};

void require_kind(const Tensor& x, int rank, const char* what, const char* name) {
  if (x.dim() != rank)
    fail<ShapeError>("{}: {} must be {}, not a tensor of shape {}; matmul takes all of them", name,
                     what, kKinds[rank], x.shape());
}

/// Checks operands that have so many dimensions, of which the inner ones, and batches, are equal.
/// `what_a`: "the first argument".
void check_product(const Tensor& a, int rank_a, const Tensor& b, int rank_b, const char* name,
                   const char* what_a = "the first argument",
                   const char* what_b = "the second argument") {
  detail::require_defined(a, what_a, name);
  detail::require_defined(b, what_b, name);
  constexpr int article = 4;  // of "the "
  detail::require_product_types(a, b, what_a + article, what_b + article, name);
  require_kind(a, rank_a, what_a, name);
  require_kind(b, rank_b, what_b, name);
  const std::int64_t columns = a.shape().back(), rows = b.shape()[rank_b > 1 ? -2 : 0];
  if (columns != rows)
    fail<ShapeError>("{}: {} times {}: the inner sizes {} and {} differ", name, a.shape(),
                     b.shape(), columns, rows);
  if (rank_a == 3 && a.shape()[0] != b.shape()[0])
    fail<ShapeError>("{}: {} times {}: the numbers of matrices {} and {} differ; matmul broadcasts",
                     name, a.shape(), b.shape(), a.shape()[0], b.shape()[0]);
}

/// `factor` for tensors of type `dtype`.
Tensor factor_for(DType dtype, double factor, const char* what, const char* name) {
  if (is_floating_point(dtype)) return factor;
  constexpr double most = 0x1p53;
  if (!(std::abs(factor) <= most) || factor != std::floor(factor))
    fail<ValueError>("{}: {} is {}, but int64 tensors need a whole number; convert them with to()",
                     name, what, factor);
  return static_cast<std::int64_t>(factor);
}

/// beta `input` + alpha `product()`, which has this shape and the type of `like`.
template <class Product>
Tensor plus_product(const Tensor& input, const Tensor& like, const Shape& shape, double beta,
                    double alpha, const char* name, const Product& product) {
  const DType dtype = like.dtype();
  if (!detail::is_number(input))
    detail::require_same_type("input", input.dtype(), "first factor", dtype, name);
  else if (is_floating_point(input.dtype()) && !is_floating_point(dtype))
    fail<DTypeError>("{}: the input is a decimal number but the first factor is {}", name, dtype);
  bool fits = input.dim() <= shape.rank();
  for (int d = 1; fits && d <= input.dim(); ++d)
    fits = input.shape()[-d] == 1 || input.shape()[-d] == shape[-d];
  if (!fits)
    fail<ShapeError>("{}: an input of shape {} does not broadcast to {}, the shape of the product",
                     name, input.shape(), shape);
  const Tensor scale = factor_for(dtype, beta, "beta", name);
  const Tensor factor = factor_for(dtype, alpha, "alpha", name);
  Tensor y = product();
  if (alpha != 1) y = std::move(y) * factor;
  if (beta == 1) return std::move(y) + input;
  if (beta != 0) return std::move(y) + input * scale;
  // What is not chosen has gradient 0, whatever it is.
  return input.requires_grad() ? std::move(y) + where(false, input, 0) : y;
}

}  // namespace

Shape detail::joined_shape(const Shape& a, const Shape& b, const char* name) {
  if (a.rank() + b.rank() > kMaxRank)
    fail<ShapeError>("{}: the result would have {} dimensions, {} and {}; a tensor has at most {}",
                     name, a.rank() + b.rank(), a, b, kMaxRank);
  Shape all = a;
  for (const std::int64_t size : b) all.push_back(size);
  return all;
}

Tensor dot(const Tensor& a, const Tensor& b) {
  check_product(a, 1, b, 1, "dot");
  return matmul(a, b);
}

Tensor mv(const Tensor& a, const Tensor& b) {
  check_product(a, 2, b, 1, "mv");
  return matmul(a, b);
}

Tensor mm(const Tensor& a, const Tensor& b) {
  check_product(a, 2, b, 2, "mm");
  return matmul(a, b);
}

Tensor bmm(const Tensor& a, const Tensor& b) {
  check_product(a, 3, b, 3, "bmm");
  return matmul(a, b);
}

Tensor inner(const Tensor& a, const Tensor& b) {
  detail::require_defined(a, b, "inner");
  detail::require_product_types(a, b, "inner");
  if (a.dim() == 0 || b.dim() == 0) return a * b;
  const Shape &left = a.shape(), &right = b.shape();
  if (left.back() != right.back())
    fail<ShapeError>("inner: shapes {} and {}: the last sizes {} and {} differ", left, right,
                     left.back(), right.back());
  return detail::contract_dims(a, b, {-1}, {-1}, "inner");
}

Tensor outer(const Tensor& a, const Tensor& b) {
  detail::require_defined(a, b, "outer");
  require_kind(a, 1, "the first argument", "outer");
  require_kind(b, 1, "the second argument", "outer");
  return unsqueeze(a, 1) * b;
}

Tensor vecdot(const Tensor& x, const Tensor& y, int dim) {
  detail::require_defined(x, y, "vecdot");
  detail::require_floating(x, "vecdot");
  detail::require_product_types(x, y, "vecdot");
  const Shape shape = detail::broadcast(x.shape(), y.shape(), "vecdot");
  return sum(x * y, detail::normal_dim(dim, shape.rank(), "vecdot"));
}

Tensor addmm(const Tensor& input, const Tensor& mat1, const Tensor& mat2, Real beta, Real alpha) {
  detail::require_defined(input, "the input", "addmm");
  check_product(mat1, 2, mat2, 2, "addmm", "the first factor", "the second factor");
  return plus_product(input, mat1, {mat1.size(0), mat2.size(1)}, beta, alpha, "addmm",
                      [&] { return matmul(mat1, mat2); });
}

Tensor addmv(const Tensor& input, const Tensor& mat, const Tensor& vec, Real beta, Real alpha) {
  detail::require_defined(input, "the input", "addmv");
  check_product(mat, 2, vec, 1, "addmv", "the first factor", "the second factor");
  return plus_product(input, mat, mat.size(0), beta, alpha, "addmv",
                      [&] { return matmul(mat, vec); });
}

Tensor addbmm(const Tensor& input, const Tensor& batch1, const Tensor& batch2, Real beta,
              Real alpha) {
  detail::require_defined(input, "the input", "addbmm");
  check_product(batch1, 3, batch2, 3, "addbmm", "the first factor", "the second factor");
  return plus_product(input, batch1, {batch1.size(1), batch2.size(2)}, beta, alpha, "addbmm", [&] {
    return detail::contract_dims(batch1, batch2, {0, 2}, {0, 1}, "addbmm");
  });
}

Tensor baddbmm(const Tensor& input, const Tensor& batch1, const Tensor& batch2, Real beta,
               Real alpha) {
  detail::require_defined(input, "the input", "baddbmm");
  check_product(batch1, 3, batch2, 3, "baddbmm", "the first factor", "the second factor");
  return plus_product(input, batch1, batch1.shape().with_size(2, batch2.size(2)), beta, alpha,
                      "baddbmm", [&] { return matmul(batch1, batch2); });
}

}  // namespace tapegrad
