#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/kernels/permute/blocks.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/index/positions.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

namespace {

/// Rows of a matrix in the place of others.
struct IndexCopy {
  static constexpr const char* name = "index_copy";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kB, kNone, kB};
  static constexpr Reads constant = kB;
  static constexpr const char* onnx = "y = ScatterND(a, Unsqueeze(b, [1]), c)";

  Tensor forward(const Tensor& x, const Tensor& positions, const Tensor& source) const {
    Tensor y = detail::copy_of(x);
    detail::write_rows(y, positions, source);
    return y;
  }
  Tensor vjp_a(const Tensor& g, auto, const Tensor& positions, auto, auto) const {
    const Shape rows{positions.numel(), g.shape()[1]};
    return detail::with_rows(g, positions, zeros(rows, g.dtype()));
  }
  /// Of a row that was written again nothing is left.
  Tensor vjp_c(const Tensor& g, auto, const Tensor& positions, auto, auto) const {
    const Tensor number = unsqueeze(arange(positions.numel(), int64), 1);
    const Tensor last = detail::with_rows(zeros({g.shape()[0], 1}, int64), positions, number);
    return where(index_select(last, 0, positions) == number, index_select(g, 0, positions), 0);
  }
  /// The matrices one below the other.
  Tensor batched(const Batch& in) const {
    const Tensor x = detail::with_leading(in, 0), source = detail::with_leading(in, 2);
    const std::int64_t rows = x.shape()[1];
    const Tensor first = unsqueeze(arange(in.size, int64) * rows, 1);
    const Tensor positions = reshape(detail::with_leading(in, 1) + first, -1);
    const Tensor y = detail::with_rows(flatten(x, 0, 1), positions, flatten(source, 0, 1));
    return reshape(y, x.shape());
  }
};

}  // namespace

Tensor detail::with_rows(const Tensor& x, const Tensor& positions, const Tensor& source) {
  return apply(IndexCopy{}, x, positions, source);
}

void detail::write_rows(Tensor& x, const Tensor& positions, const Tensor& source) {
  const std::int64_t count = positions.numel();
  if (count == 0) return;
  launch(
      "index_copy",
      [](const std::int64_t* row, const char* from, char* to, std::int64_t n, std::int64_t block) {
        kernels::with_block_copy(block, [&](auto copy) {
          for (std::int64_t i = 0; i < n; ++i, from += block) copy(to + row[i] * block, from);
        });
      },
      in<std::int64_t>(positions), in<char>(source), inout<char>(x), count,
      source.numel() / count * element_size(x));
}

namespace {

/// The entries `index` of `dim` as indices of all dimensions up to that.
std::vector<Index> entries_of(const Tensor& x, int dim, const Tensor& index, const Tensor& value,
                              const char* what, const char* name) {
  detail::require_defined(x, "the first argument", name);
  detail::require_defined(index, "the index", name);
  detail::require_defined(value, what, name);
  detail::require_int64("the index", index.dtype(), name);
  const int d = detail::dimension_of(x.shape(), dim, name);
  if (index.dim() != 1)
    fail<ShapeError>("{}: the index must be a vector, not of shape {}; flatten it", name,
                     index.shape());
  std::vector<Index> indices(static_cast<std::size_t>(d), Slice());
  indices.emplace_back(index);
  return indices;
}

}  // namespace

Tensor index_copy(const Tensor& x, int dim, const Tensor& index, const Tensor& source) try {
  const auto indices = entries_of(x, dim, index, source, "the source", "index_copy");
  const int d = static_cast<int>(indices.size()) - 1;
  const Shape wanted = x.shape().with_size(d, index.numel());
  if (!detail::is_number(source) && source.shape() != wanted)
    fail<ShapeError>(
        "index_copy: the source has shape {}, but {} indices of dimension {} of shape {} need {}",
        source.shape(), index.numel(), d, x.shape(), wanted);
  return detail::put(x, indices, source, false, "index_copy");
} catch (...) {
  detail::rethrow_for("index_copy");
}

Tensor index_fill(const Tensor& x, int dim, const Tensor& index, const Tensor& value) try {
  const auto indices = entries_of(x, dim, index, value, "the value", "index_fill");
  if (value.dim() != 0)
    fail<ShapeError>("index_fill: the value must be a number or a 0-d tensor, not of shape {}",
                     value.shape());
  return detail::put(x, indices, value, false, "index_fill");
} catch (...) {
  detail::rethrow_for("index_fill");
}

Tensor scatter(const Tensor& x, int dim, const Tensor& index, const Tensor& source) try {
  constexpr const char* name = "scatter";
  detail::require_defined(x, "the first argument", name);
  detail::require_defined(index, "the index", name);
  detail::require_defined(source, "the source", name);
  detail::require_int64("the index", index.dtype(), name);
  const int d = detail::dimension_of(x.shape(), dim, name);
  const Shape& shape = index.shape();
  const bool number = detail::is_number(source);
  if (shape.rank() != x.dim() || (!number && source.dim() != x.dim()))
    fail<ShapeError>(
        "{}: the tensor of shape {}, the index of shape {} and the source of shape {} "
        "must have as many dimensions",
        name, x.shape(), shape, source.shape());
  Tensor from = source;
  std::vector<Index> indices;
  for (int i = 0; i < x.dim(); ++i) {
    if (i != d && shape[i] > x.shape()[i])
      fail<ShapeError>(
          "{}: the index of shape {} is larger than the tensor of shape {} in "
          "dimension {}",
          name, shape, x.shape(), i);
    if (!number && shape[i] > source.shape()[i])
      fail<ShapeError>("{}: the index of shape {} is larger than the source of shape {}", name,
                       shape, source.shape());
    if (!number && shape[i] < source.shape()[i]) from = narrow(from, i, 0, shape[i]);
    Shape places;
    for (int k = 0; k < x.dim(); ++k) places.push_back(k == i ? shape[i] : 1);
    if (i == d) {
      detail::require_indices(index, x.shape(), d, name);
      indices.emplace_back(index);
    } else {
      indices.emplace_back(reshape(arange(shape[i], int64), places));
    }
  }
  return detail::put(x, indices, from, false, name);
} catch (...) {
  detail::rethrow_for("scatter");
}

// ---- Proof -------------------------------------------------------------------------------------

OperatorInfo detail::index_copy_cases() {
  Draw draw;
  const auto copy = [](int dim) {
    return [dim](const Inputs& in) { return index_copy(in[0], dim, in[1], in[2]); };
  };
  return {"index_copy",
          {{"rows", {draw({4, 2}), tensor({2, 0}), draw({2, 2})}, copy(0)},
           {"a row twice", {draw({3, 2}), tensor({1, 0, 1}), draw({3, 2})}, copy(0)},
           {"columns", {draw({2, 3}), tensor({2, 0}), draw({2, 2})}, copy(1)}}};
}

}  // namespace tapegrad
