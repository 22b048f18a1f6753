#include <algorithm>
#include <limits>

#include "autograd/kernels/blocks.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/ops/selection.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

using detail::AroundDim;
using detail::data_of;
using detail::fresh_data;
using detail::new_tensor;
using detail::normal_dim;

void detail::require_indices(const Tensor& index, const Shape& shape, int dim, const char* name) {
  require_int64("the index", index.dtype(), name);
  const std::int64_t size = AroundDim(shape, dim).size;
  const std::int64_t* first = data_of<std::int64_t>(index);
  const std::int64_t* last = first + index.numel();
  const auto* bad =
      std::find_if(first, last, [size](std::int64_t value) { return value < 0 || value >= size; });
  if (bad != last)
    fail<IndexError>(
        "{}: index {} at position {} is out of range for dimension {} of shape {} (0 to {})", name,
        *bad, unravel_index(bad - first, index.shape()), dim, shape, size - 1);
}

namespace {

/// Entries `index` of `dim`. The derivative adds the gradients of each entry up, as often as it was
/// taken.
struct IndexSelect {
  static constexpr const char* name = "index_select";
  static constexpr Reads reads[] = {kB, kNone};
  static constexpr Reads constant = kB;
  Shape from, to;
  int dim;
  Tensor forward(const Tensor& x, const Tensor& index) const;
  Tensor vjp_a(const Tensor& g, auto, const Tensor& index, auto) const;
};

/// Adds entry i of `source` to entry `index[i]` of a copy of `x`, or of zeros when `x` is
/// undefined.
struct IndexAdd {
  static constexpr const char* name = "index_add";
  static constexpr Reads reads[] = {kNone, kNone, kB};
  static constexpr Reads constant = kB;
  Shape shape;
  int dim;
  Tensor forward(const Tensor& x, const Tensor& index, const Tensor& source) const;
  Tensor vjp_a(const Tensor& g, auto, auto, auto, auto) const { return g; }
  Tensor vjp_c(const Tensor& g, auto, const Tensor& index, auto, auto) const {
    return index_select(g, dim, index);
  }
};

Tensor IndexSelect::forward(const Tensor& x, const Tensor& index) const {
  const AroundDim around(from, dim);
  Tensor y = new_tensor(to, x.dtype());
  const std::int64_t* entry = data_of<std::int64_t>(index);
  const std::int64_t n = index.numel();
  const std::int64_t block = around.inner * detail::element_size(x);
  const char* source = data_of<char>(x);
  char* target = fresh_data<char>(y);
  kernels::with_block_copy(block, [&](auto copy) {
    for (std::int64_t o = 0; o < around.outer; ++o, source += around.size * block) {
      for (std::int64_t i = 0; i < n; ++i, target += block) copy(target, source + entry[i] * block);
    }
  });
  return y;
}

Tensor IndexSelect::vjp_a(const Tensor& g, auto, const Tensor& index, auto) const {
  return apply(IndexAdd{from, dim}, Tensor(), index, g);
}

Tensor IndexAdd::forward(const Tensor& x, const Tensor& index, const Tensor& source) const {
  const AroundDim around(shape, dim);
  Tensor y = x.defined() ? detail::copy_of(x) : zeros(shape, source.dtype());
  const std::int64_t* entry = data_of<std::int64_t>(index);
  const std::int64_t n = index.numel();
  visit_dtype(y.dtype(), [&]<class T>(T) {
    const T* from = data_of<T>(source);
    for (std::int64_t o = 0; o < around.outer; ++o) {
      T* block = fresh_data<T>(y) + o * around.size * around.inner;
      for (std::int64_t i = 0; i < n; ++i, from += around.inner) {
        T* to = block + entry[i] * around.inner;
        for (std::int64_t c = 0; c < around.inner; ++c) to[c] = static_cast<T>(to[c] + from[c]);
      }
    }
  });
  return y;
}

/// The shape of `index.numel()` entries of dimension `dim`, after checking them.
Shape shape_of_entries(const Shape& shape, int dim, const Tensor& index, const char* name) {
  if (index.dim() > 1)
    fail<ShapeError>("{}: the index must be a vector, not of shape {}; flatten it", name,
                     index.shape());
  detail::require_indices(index, shape, dim, name);
  Shape result = shape;
  if (!shape.empty()) {
    result[dim] = index.numel();
  } else if (index.numel() != 1) {
    fail<ShapeError>("{}: a number (0-d tensor) has one entry, but the index has shape {}", name,
                     index.shape());
  }
  return result;
}

}  // namespace

Tensor index_select(const Tensor& x, int dim, const Tensor& index) {
  detail::require_defined(x, "the first argument", "index_select");
  detail::require_defined(index, "the index", "index_select");
  const int d = normal_dim(dim, x.dim(), "index_select");
  const Shape result = shape_of_entries(x.shape(), d, index, "index_select");
  return apply(IndexSelect{x.shape(), result, d}, x, index);
}

Tensor index_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source) {
  detail::require_defined(x, "the first argument", "index_add");
  detail::require_defined(index, "the index", "index_add");
  detail::require_defined(source, "the source", "index_add");
  const int d = normal_dim(dim, x.dim(), "index_add");
  const Shape wanted = shape_of_entries(x.shape(), d, index, "index_add");
  if (source.shape() != wanted)
    fail<ShapeError>(
        "index_add: the source has shape {}, but {} indices of dimension {} of shape {} need {}",
        source.shape(), index.numel(), d, x.shape(), wanted);
  detail::require_same_type("source", source.dtype(), "tensor", x.dtype(), "index_add");
  return apply(IndexAdd{x.shape(), d}, x, index, source);
}

Tensor one_hot(const Tensor& classes, Integer num_classes) {
  detail::require_defined(classes, "one_hot");
  detail::require_int64("the classes", classes.dtype(), "one_hot");
  const std::int64_t* values = data_of<std::int64_t>(classes);
  const std::int64_t n = classes.numel();
  std::int64_t count = num_classes;
  if (num_classes == -1) {
    if (n == 0)
      fail<ValueError>("one_hot: no class to infer num_classes from in shape {}; pass num_classes",
                       classes.shape());
    count = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      if (values[i] < std::numeric_limits<std::int64_t>::max())
        count = std::max(count, values[i] + 1);
    }
  } else if (num_classes < 1) {
    fail<ValueError>(
        "one_hot: num_classes is {}; it must be at least 1, or -1 to take the largest class + 1",
        count);
  }
  for (std::int64_t i = 0; i < n; ++i) {
    if (values[i] < 0 || values[i] >= count)
      detail::fail_class(fmt::format("the entry at {}", detail::unravel_index(i, classes.shape())),
                         values[i], count, "one_hot");
  }
  detail::require_room(classes.shape(), "one_hot");
  Shape shape = classes.shape();
  shape.push_back(count);
  Tensor y = detail::allocate("one_hot", shape, int64);
  std::fill_n(fresh_data<std::int64_t>(y), y.numel(), 0);
  for (std::int64_t i = 0; i < n; ++i) fresh_data<std::int64_t>(y)[i * count + values[i]] = 1;
  detail::note_cut(y, detail::Impl::kCutByRounding, {&classes});
  return y;
}

}  // namespace tapegrad
