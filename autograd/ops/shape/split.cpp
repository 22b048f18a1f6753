#include <span>
#include <utility>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::dimension_of;
using detail::taken;

namespace {

/// Pieces of `sizes` entries along one dimension, one after the other. The derivative puts their
/// gradients together again.
struct Split {
  static constexpr const char* name = "split";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool linear = true;
  static constexpr Reads reads = kNone;
  Shape whole;
  DType dtype;
  int dim;
  std::vector<std::int64_t> sizes;
  static constexpr void visit(auto& op, auto f) {
    f("whole", op.whole);
    f("dtype", op.dtype);
    f("dim", op.dim);
    f("sizes", op.sizes);
  }
  static constexpr const char* onnx = "y... = Split<axis={dim}>(a0, {sizes})";

  Shape part(std::size_t i) const { return whole.with_size(dim, sizes[i]); }

  std::vector<Tensor> forward(std::span<const Tensor> x) const {
    std::vector<Tensor> pieces;
    pieces.reserve(sizes.size());
    std::int64_t start = 0;
    for (std::size_t i = 0; i < sizes.size(); start += sizes[i++])
      pieces.push_back(taken(x[0], {whole, part(i), dim, start, sizes[i]}));
    return pieces;
  }

  Tensor vjp(std::size_t, std::span<const Tensor> g, auto, auto) const {
    std::vector<Tensor> pieces(g.begin(), g.end());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (!pieces[i].defined()) pieces[i] = zeros(part(i), dtype);
    }
    return cat(pieces, dim);
  }
};

std::vector<Tensor> pieces_of(const Tensor& x, int dim, std::vector<std::int64_t> sizes) {
  return apply(Split{x.shape(), x.dtype(), dim, std::move(sizes)}, {&x, 1});
}

}  // namespace

std::vector<Tensor> split(const Tensor& x, std::int64_t size, int dim) try {
  detail::require_defined(x, "split");
  const Shape& shape = x.shape();
  const int d = dimension_of(shape, dim, "split");
  const std::int64_t total = shape[d];
  if (size < 0 || (size == 0 && total != 0))
    fail<ValueError>("split: pieces of size {} do not make up dimension {} of shape {}", size, d,
                     shape);
  std::vector<std::int64_t> sizes;
  for (std::int64_t left = total; left > size; left -= size) sizes.push_back(size);
  sizes.push_back(total - size * static_cast<std::int64_t>(sizes.size()));
  return pieces_of(x, d, std::move(sizes));
} catch (...) {
  detail::rethrow_for("split");
}

std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int dim) try {
  detail::require_defined(x, "split");
  const Shape& shape = x.shape();
  const int d = dimension_of(shape, dim, "split");
  const std::int64_t total = shape[d];
  std::int64_t left = total;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 0) fail<ValueError>("split: size {} of piece {} is negative", sizes[i], i);
    if (sizes[i] > left)
      fail<ShapeError>(
          "split: piece {} of size {} goes beyond dimension {} of shape {}: {} entries are "
          "left for it",
          i, sizes[i], d, shape, left);
    left -= sizes[i];
  }
  if (left != 0)
    fail<ShapeError>(
        "split: the {} pieces have {} entries together, but dimension {} of shape {} has {}",
        sizes.size(), total - left, d, shape, total);
  return pieces_of(x, d, sizes);
} catch (...) {
  detail::rethrow_for("split");
}

std::vector<Tensor> split(const Tensor& x, std::initializer_list<std::int64_t> sizes, int dim) {
  using Sizes = std::vector<std::int64_t>;
  return split(x, detail::allocating_for("split", [&] { return Sizes(sizes); }), dim);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo split_cases() {
  Draw draw;
  return {"split",
          {{"all pieces",
            {draw({5, 2})},
            [](const Inputs& in) {
              const std::vector<Tensor> piece = split(in[0], {2, 1, 2}, 0);
              return square(piece[0]) * piece[2] + piece[1];
            }},
           {"one of the columns", {draw({2, 5})}, [](const Inputs& in) {
              return split(in[0], 2, 1)[1];
            }}}};
}

}  // namespace detail

}  // namespace tapegrad
