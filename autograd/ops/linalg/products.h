#pragma once

/// @file
/// Products under the names that they have in PyTorch: vectors, batches, tensors of any rank,
/// chains.
///
///     tg::Tensor a = tg::randn({3, 4}), v = tg::randn({4});
///     tg::Tensor y = tg::addmv(tg::zeros({3}), a, v), z = tg::outer(v, v);
///     tg::Tensor chain = tg::multi_dot({a, tg::randn({4, 2}), tg::randn({2, 5})});

#include <vector>

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup products
/// Unless said otherwise the operands are of one element type, which is not `bool`; another is a
/// `DTypeError`, and sizes that do not fit are a `ShapeError`. Results are memory of their own.
/// @{

/// The sum of the products of two vectors `[n]`, a number (0-d).
Tensor dot(const Tensor& a, const Tensor& b);
/// The sums of products along the last dimensions, `[..., n]` and `[---, n]`, of every vector of
/// `a` with every one of `b`: `[..., ---]`. What is 0-d multiplies all of the other.
Tensor inner(const Tensor& a, const Tensor& b);
/// The products of every element of the vector `a` with every one of the vector `b`: `[n, m]`.
/// Types promote as those of `mul`, and may be `bool`.
Tensor outer(const Tensor& a, const Tensor& b);
/// The sum of products along `dim` of the shape that both broadcast to. Errors: `DTypeError` unless
/// floating-point; `IndexError` for a dimension that is not there.
Tensor vecdot(const Tensor& x, const Tensor& y, int dim = -1);
/// The matrix `[n, m]` times the vector `[m]`.
Tensor mv(const Tensor& a, const Tensor& b);
/// The matrix `[n, k]` times the matrix `[k, m]`; nothing broadcasts.
Tensor mm(const Tensor& a, const Tensor& b);
/// The matrices `[b, n, k]` times the matrices `[b, k, m]`; nothing broadcasts.
Tensor bmm(const Tensor& a, const Tensor& b);

/// beta `input` + alpha (`mat1` `mat2`), where `input` broadcasts to the product `[n, m]` of both
/// matrices; it may be a C++ number. With `beta` = 0 it does not count, NaN neither, and its
/// gradient is 0. Errors: `ValueError` for a factor of int64 that is no whole number.
Tensor addmm(const Tensor& input, const Tensor& mat1, const Tensor& mat2, Real beta = 1,
             Real alpha = 1);
/// The same with the product of a matrix `[n, m]` and a vector `[m]`.
Tensor addmv(const Tensor& input, const Tensor& mat, const Tensor& vec, Real beta = 1,
             Real alpha = 1);
/// The same with the sum of the products of matrices `[b, n, k]` and `[b, k, m]`.
Tensor addbmm(const Tensor& input, const Tensor& batch1, const Tensor& batch2, Real beta = 1,
              Real alpha = 1);
/// The same with the products of matrices `[b, n, k]` and `[b, k, m]` themselves.
Tensor baddbmm(const Tensor& input, const Tensor& batch1, const Tensor& batch2, Real beta = 1,
               Real alpha = 1);

/// The sum of products over the last `dims` dimensions of `a` and the first of `b`; the others are
/// those of the result, first those of `a`. `dims` = 0 multiplies every element with every other.
/// A size of 1 broadcasts. Errors: `ValueError` for a negative number, `IndexError` for more
/// dimensions than there are.
Tensor tensordot(const Tensor& a, const Tensor& b, Integer dims = 2);
/// The same over dimension `dims_a[i]` of `a` and `dims_b[i]` of `b`. Errors: `ShapeError` unless
/// both lists have one length, `IndexError` for a dimension that is not there or is named twice.
Tensor tensordot(const Tensor& a, const Tensor& b, const Dims& dims_a, const Dims& dims_b);
/// The product of Kronecker: `b` times each element of `a`, put together as `a` is. Of tensors of
/// different ranks the smaller one gets leading dimensions. Types promote as those of `mul`, and
/// may be `bool`.
Tensor kron(const Tensor& a, const Tensor& b);
/// The cross products of vectors of three elements along `dim`, which is the last one, as in
/// `torch.linalg.cross`; the other dimensions broadcast. Errors: `ShapeError` unless both have the
/// same number of dimensions, and the size 3 there.
Tensor cross(const Tensor& input, const Tensor& other, int dim = -1);

/// The product of all matrices, in the order that takes the fewest multiplications (by dynamic
/// programming: Cormen et al., Introduction to Algorithms, matrix-chain multiplication). The first
/// may be a vector, which is a row, and the last one, a column; then the result lacks that
/// dimension. Errors: `ValueError` for fewer than two tensors.
Tensor multi_dot(const std::vector<Tensor>& tensors);
/// The square matrices `[..., m, m]` `n` times as a factor, by repeated squaring; for `n` = 0 the
/// identity, which is never recorded, for 1 a copy. Errors: `ValueError` for a negative `n`, which
/// the overload in `autograd/linalg/linalg.h` takes.
Tensor matrix_power(const Tensor& x, Integer n);

/// @}

}  // namespace tapegrad
