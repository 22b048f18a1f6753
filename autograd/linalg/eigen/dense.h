#pragma once

#include <cstdint>

// Internal: what is computed of one dense matrix, which is row-major. `T` is float or double. The
// files beside this do it with Eigen, whose types are nowhere else.

namespace tapegrad::dense {

/// A with its rows in another order is L U: row i is row `rows[i]` of A, and `factors` has U and,
/// below its diagonal, L without the ones on its own. Returns the first pivot that is 0, or -1. By
/// partial pivoting.
template <class T>
std::int64_t lu(const T* a, std::int64_t n, T* factors, std::int64_t* rows);

/// Which triangle of a matrix is meant, and how.
struct Triangle {
  bool upper, transposed, unit;
};
/// B, [n, k], becomes the X of A X = B (A^T X = B).
template <class T>
void solve_triangular(const T* a, Triangle triangle, std::int64_t n, T* b, std::int64_t k);

/// The lower L of A = L L^T, of whose A the lower triangle is read. Returns the first pivot that is
/// not positive, or -1.
template <class T>
std::int64_t cholesky(const T* a, std::int64_t n, T* l);

/// Eigenvalues in ascending order and, as columns, eigenvectors of a finite symmetric matrix, of
/// which the lower triangle is read. Returns false where it does not converge.
template <class T>
bool eigh(const T* a, std::int64_t n, T* values, T* vectors);

/// A = U S V^T of a finite A, [m, n], with descending S; U and V^T are square when `full`, and
/// otherwise have as many columns, or rows, as there are singular values. Returns false where it
/// does not converge.
template <class T>
bool svd(const T* a, std::int64_t m, std::int64_t n, bool full, T* u, T* s, T* vh);

/// A = Q R of A, [m, n], by Householder's reflections; Q is [m, k] and R is [k, n], where k is m or
/// the smaller of both.
template <class T>
void qr(const T* a, std::int64_t m, std::int64_t n, std::int64_t k, T* q, T* r);

}  // namespace tapegrad::dense
