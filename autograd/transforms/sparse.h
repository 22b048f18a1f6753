#pragma once

/// @file
/// Jacobians and Hessians that are mostly zeros, at the cost of a few derivatives.
///
///     const auto f = [](const tg::Tensor& x) { return tg::cumsum(x, 0); };
///     const auto steps = [](const tg::Tensor& x) {
///       return tg::square(tg::narrow(x, 0, 1, 999) - tg::narrow(x, 0, 0, 999));
///     };
///     const tg::Tensor x = tg::linspace(0, 1, 1000);
///     const tg::SparseMatrix J = tg::sparse_jacobian(steps, x);  // 1,998 elements, by two tangents
///     const tg::SparseMatrix again = tg::sparse_jacobian(steps, x * 2, {.pattern = J.pattern});
///     const tg::SparseMatrix full = tg::sparse_jacobian(f, tg::ones({3}));

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "autograd/transforms/tree.h"

namespace tapegrad {

/// @addtogroup transforms
/// @{

/// Where a Jacobian or Hessian can be other than 0, and by which directions it is computed. It holds
/// for every input of the same shape, as long as the function takes the same branches and chooses
/// the same elements (by `argmax`, `sort` and the like).
struct SparsityPattern {
  std::int64_t rows = 0;     ///< elements of the output, or of the input of a Hessian
  std::int64_t columns = 0;  ///< elements of the input
  std::vector<std::int64_t> row_indices = {};     ///< of each element, row by row
  std::vector<std::int64_t> column_indices = {};  ///< of each element, ascending in a row
  bool symmetric = false;                         ///< it is that of a Hessian
  bool forward = true;                            ///< directions are sums of columns; else of rows
  std::vector<std::int64_t> colours = {};  ///< of each column (or row) its direction; -1 for none
  std::int64_t directions = 0;             ///< how many there are, each the cost of a derivative
};

/// A matrix of which only some elements are there: element k is at row `rows()[k]`, column
/// `columns()[k]`, and has the value `values[k]`; all others are 0.
struct SparseMatrix {
  std::shared_ptr<const SparsityPattern> pattern;  ///< can be used again
  Tensor values;                                   ///< `[n]`, can be differentiated

  /// The row of each element.
  const std::vector<std::int64_t>& rows() const { return pattern->row_indices; }
  /// The column of each element.
  const std::vector<std::int64_t>& columns() const { return pattern->column_indices; }
  /// The whole matrix, `[rows, columns]`.
  Tensor to_dense() const;
};

/// How `sparse_jacobian` and `sparse_hessian` compute.
struct SparseOptions {
  /// Of an earlier call; otherwise it is looked for first, which costs a pass through the function
  /// and as much memory as the sets of indices take. Not checked: where it is not that of the
  /// function, elements are wrong.
  std::shared_ptr<const SparsityPattern> pattern = nullptr;
  std::int64_t chunk_size = 64;  ///< so many directions by one pass
};

/// @cond
namespace detail {
SparseMatrix checked_sparse_jacobian(const ListFunction& f, const Tensor& x,
                                     const SparseOptions& options);
SparseMatrix checked_sparse_hessian(const ListFunction& f, const Tensor& x,
                                    const SparseOptions& options);
}  // namespace detail
/// @endcond

/// The Jacobian of `f` at `x` where it can be other than 0: rows are elements of `f(x)`, columns
/// those of `x`, each counted row by row, whatever their shapes. Which elements these are follows
/// from what operators say of themselves (`Sparsity`), without looking at derivatives, so that a 0
/// that is there by chance is among them. Columns that share no row are computed by one direction
/// (the colouring of Curtis, Powell and Reid, 1974), or rows that share no column, whichever takes
/// fewer: a banded matrix costs as many derivatives as its band is wide, whatever its size.
///
/// `f` is called as in `jacobian`. Errors: as there; `ValueError` for a `pattern` of other sizes.
template <class F>
SparseMatrix sparse_jacobian(F&& f, const Tensor& x, const SparseOptions& options = {}) {
  detail::Listed<F, Tensor> listed(f, x);
  return detail::checked_sparse_jacobian(listed, x, options);
}

/// The Hessian of the one number that `f` returns where it can be other than 0, both triangles,
/// likewise: the derivatives of the gradient. Errors: as `hessian` and `sparse_jacobian`.
template <class F>
SparseMatrix sparse_hessian(F&& f, const Tensor& x, const SparseOptions& options = {}) {
  detail::Listed<F, Tensor> listed(f, x);
  return detail::checked_sparse_hessian(listed, x, options);
}

/// @}

}  // namespace tapegrad
