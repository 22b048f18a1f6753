#include <algorithm>

#include "autograd/kernels/blocks.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/ops/selection.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"
#include "autograd/tensor/launch.h"

namespace tapegrad {

using detail::AroundDim;
using detail::element_size;
using detail::in;
using detail::inout;
using detail::launch;
using detail::normal_dim;

namespace {

/// A range of entries along one dimension of a tensor of shape `whole`; taken out it has shape
/// `part`.
struct Range {
  Shape whole, part;
  int dim;
  std::int64_t start, length;
  static constexpr void visit(auto& range, auto f) {
    f("whole", range.whole);
    f("part", range.part);
    f("dim", range.dim);
    f("start", range.start);
    f("length", range.length);
  }
};

Tensor taken(const Tensor& x, const Range& range);
Tensor put(const Tensor& x, const Range& range);
void add_to(const Tensor& sum, const Tensor& part, const Range& range);

struct Narrow {
  static constexpr const char* name = "narrow";
  static constexpr Reads reads[] = {kNone};
  Range range;
  static constexpr void visit(auto& op, auto f) { f("range", op.range); }
  Tensor forward(const Tensor& x) const { return taken(x, range); }
  Tensor vjp(const Tensor& g, auto, auto) const;
  void vjp_add(const Tensor& g, const Tensor& sum) const { add_to(sum, g, range); }
};

/// One entry, whose dimension goes away.
struct Select : Narrow {
  static constexpr const char* name = "select";
};

/// The reverse: zeros everywhere else.
struct Pad {
  static constexpr const char* name = "pad";
  static constexpr Reads reads[] = {kNone};
  Range range;
  static constexpr void visit(auto& op, auto f) { f("range", op.range); }
  Tensor forward(const Tensor& x) const { return put(x, range); }
  Tensor vjp(const Tensor& g, auto, auto) const { return apply(Narrow{range}, g); }
};

Tensor Narrow::vjp(const Tensor& g, auto, auto) const { return apply(Pad{range}, g); }

/// Copies `count` blocks of `size` bytes, `step_from` and `step_to` bytes apart, the first one to
/// `first`.
constexpr auto copy_kernel = [](const char* from, char* to, std::int64_t start,
                                std::int64_t step_from, std::int64_t first, std::int64_t step_to,
                                std::int64_t size, std::int64_t count) {
  kernels::copy_blocks(from + start, step_from, to + first, step_to, size, count);
};

/// The range of `x`, without copying where it is one piece of the data.
Tensor taken(const Tensor& x, const Range& range) {
  const AroundDim around(range.whole, range.dim);
  const std::int64_t first = range.start * around.inner;
  if (around.outer == 1) return detail::view_of(x, range.part, first);
  Tensor y = detail::new_tensor(range.part, x.dtype());
  const std::int64_t element = element_size(x);
  const std::int64_t block = range.length * around.inner * element;
  launch("narrow", copy_kernel, in<char>(x), detail::out<char>(y), first * element,
         around.size * around.inner * element, std::int64_t{0}, block, block, around.outer);
  return y;
}

/// `x` in the range, zeros around it.
Tensor put(const Tensor& part, const Range& range) {
  const AroundDim around(range.whole, range.dim);
  const Tensor y = zeros(range.whole, part.dtype());
  const std::int64_t element = element_size(part);
  const std::int64_t block = range.length * around.inner * element;
  launch("pad", copy_kernel, in<char>(part), inout<char>(y), std::int64_t{0}, block,
         range.start * around.inner * element, around.size * around.inner * element, block,
         around.outer);
  return y;
}

/// sum += `part`, in the range.
void add_to(const Tensor& sum, const Tensor& part, const Range& range) {
  const AroundDim around(range.whole, range.dim);
  visit_floating(sum.dtype(), [&]<class T>(T) {
    launch(
        "narrow_rule",
        [](const T* from, T* to, std::int64_t first, std::int64_t step, std::int64_t block,
           std::int64_t count) {
          to += first;
          for (std::int64_t o = 0; o < count; ++o, to += step) {
            for (std::int64_t i = 0; i < block; ++i) to[i] += *from++;
          }
        },
        in<T>(part), inout<T>(sum), range.start * around.inner, around.size * around.inner,
        range.length * around.inner, around.outer);
  });
}

/// Pieces of `sizes` entries along one dimension, one after the other. The derivative puts their
/// gradients together again.
struct Split {
  static constexpr const char* name = "split";
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

/// `x` where the range is known to fit.
Tensor narrow_at(const Tensor& x, int dim, std::int64_t start, std::int64_t length) {
  return apply(Narrow{{x.shape(), x.shape().with_size(dim, length), dim, start, length}}, x);
}

}  // namespace

Tensor detail::padded(const Tensor& x, const Shape& shape) {
  Tensor y = x;
  for (int d = 0; d < shape.rank(); ++d) {
    const std::int64_t size = y.shape()[d];
    const std::int64_t wanted = shape[d];
    if (size != wanted) y = apply(Pad{{y.shape().with_size(d, wanted), y.shape(), d, 0, size}}, y);
  }
  return y;
}

namespace {

/// `dim` of a tensor that must have dimensions, counted from 0.
int dimension_of(const Shape& shape, int dim, const char* name) {
  if (shape.empty())
    fail<ShapeError>("{}: a number (0-d tensor) has no dimensions; item() gives its value", name);
  return normal_dim(dim, shape.rank(), name);
}

std::vector<Tensor> pieces_of(const Tensor& x, int dim, std::vector<std::int64_t> sizes) {
  return apply(Split{x.shape(), x.dtype(), dim, std::move(sizes)}, {&x, 1});
}

}  // namespace

Tensor narrow(const Tensor& x, int dim, Integer start, Integer length) {
  detail::require_defined(x, "narrow");
  const Shape& shape = x.shape();
  const int d = dimension_of(shape, dim, "narrow");
  const std::int64_t size = shape[d], wanted = length;
  std::int64_t first = start;
  if (wanted < 0) fail<IndexError>("narrow: length {} is negative", wanted);
  if (first < -size || first > size)
    fail<IndexError>("narrow: start {} is out of range for dimension {} of shape {} ({} to {})",
                     first, d, shape, -size, size);
  if (first < 0) first += size;
  if (wanted > size - first)
    fail<IndexError>("narrow: {} entries from {} go beyond the end of dimension {} of shape {}",
                     wanted, first, d, shape);
  return narrow_at(x, d, first, wanted);
}

Tensor select(const Tensor& x, int dim, Integer index) {
  detail::require_defined(x, "select");
  const Shape& shape = x.shape();
  const int d = dimension_of(shape, dim, "select");
  const std::int64_t entry = detail::normal_index(index, d, shape, "select");
  Shape part = shape;
  part.erase(d);
  return apply(Select{{{shape, part, d, entry, 1}}}, x);
}

std::vector<Tensor> split(const Tensor& x, std::int64_t size, int dim) {
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
}

std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int dim) {
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
}

// ---- Methods -----------------------------------------------------------------------------------

Tensor Tensor::at(const Shape& indices) const {
  if (indices.rank() > dim())
    fail<IndexError>("at: {} indices {} for a tensor of shape {}", indices.rank(), indices,
                     shape());
  Tensor piece = *this;
  for (int d = 0; d < indices.rank(); ++d)
    piece = tapegrad::select(piece, 0, detail::normal_index(indices[d], d, shape(), "at"));
  return piece;
}

}  // namespace tapegrad
