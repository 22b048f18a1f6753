#include "autograd/ops/shape/diagonal.h"

#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/named.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/ops/shape/views.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

/// `offset` within what can be computed with; no matrix has a diagonal further out.
std::int64_t within_memory(std::int64_t offset) {
  return std::clamp(offset, -detail::kMostBytes, detail::kMostBytes);
}

/// Where the first `count` elements of diagonal `offset` are among those of a matrix of so many
/// columns.
Tensor places_of(std::int64_t offset, std::int64_t count, std::int64_t columns) {
  const std::int64_t start = offset < 0 ? -offset * columns : offset;
  return arange(start, start + count * (columns + 1), columns + 1);
}

/// `x` where its row plus `offset` is at least (`upper`: at most) its column, 0 elsewhere.
Tensor triangle(const Tensor& x, std::int64_t offset, bool upper, const char* name) {
  detail::require_defined(x, name);
  if (x.dim() < 2) fail<ShapeError>("{}: shape {} is no matrix", name, x.shape());
  const std::int64_t rows = x.size(-2), columns = x.size(-1);
  const std::int64_t first = within_memory(offset);
  const Tensor row = unsqueeze(arange(first, first + rows), 1), column = arange(columns);
  return where(upper ? le(row, column) : ge(row, column), x, zeros({}, x.dtype()));
}

}  // namespace

Tensor diag_embed(const Tensor& x, Integer offset, int dim1, int dim2) {
  detail::require_defined(x, "diag_embed");
  detail::dimension_of(x.shape(), -1, "diag_embed");
  detail::require_room(x.shape(), "diag_embed");
  const int rank = x.dim() + 1;
  const Dims dims = detail::distinct_dims({dim1, dim2}, rank, "diag_embed");
  const std::int64_t count = x.size(-1), shift = within_memory(offset);
  const std::int64_t size = count + std::abs(shift);
  Shape shape = x.shape().with_size(-1, size);
  shape.push_back(size);
  detail::allocating_for("diag_embed", [&] { return detail::checked_numel(shape, x.dtype()); });
  const std::int64_t matrices = shape.slice(0, rank - 2).numel();
  const Tensor y = index_add(zeros({matrices, size * size}, x.dtype()), 1,
                             places_of(shift, count, size), reshape(x, {matrices, count}));
  return movedim(reshape(y, shape), {rank - 2, rank - 1}, dims);
}

Tensor diagonal(const Tensor& x, Integer offset, int dim1, int dim2) {
  detail::require_defined(x, "diagonal");
  const Dims dims = detail::distinct_dims({dim1, dim2}, x.dim(), "diagonal");
  const int d = static_cast<int>(std::min(dims[0], dims[1]));
  const std::int64_t shift = dims[0] < dims[1] ? within_memory(offset) : -within_memory(offset);
  // The elements of a diagonal have one distance where both dimensions stand beside each other.
  const Tensor y = movedim(x, std::max(dims[0], dims[1]), d + 1);
  const Shape& shape = y.shape();
  const std::int64_t rows = shape[d], columns = shape[d + 1];
  const std::int64_t count = std::max<std::int64_t>(
      0, shift < 0 ? std::min(rows + shift, columns) : std::min(rows, columns - shift));
  const Shape before = shape.slice(0, d), after = shape.slice(d + 2, shape.rank());
  const Tensor found = index_select(reshape(y, {before.numel(), rows * columns, after.numel()}), 1,
                                    count == 0 ? arange(0) : places_of(shift, count, columns));
  Shape result = before;
  result.push_back(count);
  for (const std::int64_t size : after) result.push_back(size);
  return movedim(reshape(found, result), d, -1);
}

Tensor diag(const Tensor& x, Integer diagonal) {
  detail::require_defined(x, "diag");
  if (x.dim() == 1) return diag_embed(x, diagonal);
  if (x.dim() != 2)
    fail<ShapeError>("diag: shape {} is neither a vector nor a matrix; see diag_embed and diagonal",
                     x.shape());
  return tapegrad::diagonal(x, diagonal);
}

Tensor trace(const Tensor& x) {
  detail::require_defined(x, "trace");
  if (x.dim() != 2)
    fail<ShapeError>(
        "trace: shape {} is no matrix; sum(diagonal(x, 0, dim1, dim2), -1) is that of "
        "many",
        x.shape());
  return sum(diagonal(x));
}

Tensor tril(const Tensor& x, Integer diagonal) { return triangle(x, diagonal, false, "tril"); }

Tensor triu(const Tensor& x, Integer diagonal) { return triangle(x, diagonal, true, "triu"); }

Tensor block_diag(const std::vector<Tensor>& tensors) try {
  detail::require_tensors(tensors, "block_diag");
  std::vector<Tensor> rows;
  std::int64_t columns = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].dim() > 2)
      fail<ShapeError>("block_diag: tensor {} has shape {}, which is no matrix", i,
                       tensors[i].shape());
    rows.push_back(atleast_2d(tensors[i]));
    columns += rows.back().size(1);
  }
  std::int64_t before = 0;
  for (Tensor& row : rows) {
    const std::int64_t height = row.size(0), after = columns - before - row.size(1);
    const std::int64_t start = std::exchange(before, before + row.size(1));
    row = cat({zeros({height, start}, row.dtype()), row, zeros({height, after}, row.dtype())}, 1);
  }
  return cat(rows);
} catch (...) {
  detail::rethrow_for("block_diag");
}

}  // namespace tapegrad
