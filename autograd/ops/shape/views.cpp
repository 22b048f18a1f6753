#include "autograd/ops/shape/views.h"

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/named.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

/// `x` with `rank` dimensions at least: where it has fewer, in the shape `to(x.shape())`.
template <class To>
Tensor at_least(const Tensor& x, int rank, const char* name, To to) {
  detail::require_defined(x, name);
  return x.dim() >= rank ? x : detail::viewed(x, to(x.shape()));
}

std::vector<Tensor> each(const std::vector<Tensor>& tensors, const char* name,
                         Tensor (*f)(const Tensor&)) {
  return detail::allocating_for(name, [&] {
    std::vector<Tensor> result;
    result.reserve(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (!tensors[i].defined()) detail::fail_undefined(fmt::format("tensor {}", i).c_str(), name);
      result.push_back(f(tensors[i]));
    }
    return result;
  });
}

Tensor swapped(const Tensor& x, int dim0, int dim1, const char* name) {
  detail::require_defined(x, name);
  return transpose(x, detail::normal_dim(dim0, x.dim(), name),
                   detail::normal_dim(dim1, x.dim(), name));
}

}  // namespace

Tensor view(const Tensor& x, const Shape& shape) { return detail::reshaped(x, shape, "view"); }

Tensor view_as(const Tensor& x, const Tensor& other) {
  detail::require_defined(x, other, "view_as");
  return detail::reshaped(x, other.shape(), "view_as");
}

Tensor reshape_as(const Tensor& x, const Tensor& other) {
  detail::require_defined(x, other, "reshape_as");
  return detail::reshaped(x, other.shape(), "reshape_as");
}

Tensor unflatten(const Tensor& x, int dim, const Shape& sizes) {
  detail::require_defined(x, "unflatten");
  const Shape& shape = x.shape();
  const int d = detail::dimension_of(shape, dim, "unflatten");
  if (sizes.empty())
    fail<ShapeError>("unflatten: no sizes for dimension {} of shape {}; give one at least", d,
                     shape);
  const Shape parts = detail::completed(shape[d], sizes, "unflatten");
  Shape result = shape.slice(0, d);
  for (const std::int64_t size : parts) result.push_back(size);
  for (int i = d + 1; i < shape.rank(); ++i) result.push_back(shape[i]);
  return detail::viewed(x, result);
}

Tensor atleast_1d(const Tensor& x) {
  return at_least(x, 1, "atleast_1d", [](const Shape&) { return Shape(1); });
}

Tensor atleast_2d(const Tensor& x) {
  return at_least(x, 2, "atleast_2d", [](const Shape& shape) { return Shape{1, shape.numel()}; });
}

Tensor atleast_3d(const Tensor& x) {
  return at_least(x, 3, "atleast_3d", [](const Shape& shape) {
    return shape.rank() == 2 ? Shape{shape[0], shape[1], 1} : Shape{1, shape.numel(), 1};
  });
}

std::vector<Tensor> atleast_1d(const std::vector<Tensor>& tensors) {
  return each(tensors, "atleast_1d", atleast_1d);
}

std::vector<Tensor> atleast_2d(const std::vector<Tensor>& tensors) {
  return each(tensors, "atleast_2d", atleast_2d);
}

std::vector<Tensor> atleast_3d(const std::vector<Tensor>& tensors) {
  return each(tensors, "atleast_3d", atleast_3d);
}

Tensor movedim(const Tensor& x, const Dims& source, const Dims& destination) {
  detail::require_defined(x, "movedim");
  if (source.rank() != destination.rank())
    fail<ShapeError>("movedim: {} dimensions {} and {} destinations {}; give each its destination",
                     source.rank(), source, destination.rank(), destination);
  const int rank = x.dim();
  const Dims from = detail::distinct_dims(source, rank, "movedim");
  const Dims to = detail::distinct_dims(destination, rank, "movedim");
  if (rank == 0) return x;
  Dims order = x.shape();
  unsigned moved = 0, taken = 0;
  for (int i = 0; i < from.rank(); ++i) {
    order[to[i]] = from[i];
    moved |= 1u << from[i];
    taken |= 1u << to[i];
  }
  int next = 0;  // of those that are not named
  for (int i = 0; i < rank; ++i) {
    if (taken >> i & 1) continue;
    while (moved >> next & 1) ++next;
    order[i] = next++;
  }
  return permute(x, order);
}

Tensor swapaxes(const Tensor& x, int axis0, int axis1) {
  return swapped(x, axis0, axis1, "swapaxes");
}

Tensor swapdims(const Tensor& x, int dim0, int dim1) { return swapped(x, dim0, dim1, "swapdims"); }

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  return detail::expanded(x, shape, "broadcast_to");
}

Tensor expand_as(const Tensor& x, const Tensor& other) {
  detail::require_defined(x, other, "expand_as");
  return detail::expanded(x, other.shape(), "expand_as");
}

std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors) try {
  detail::require_tensors(tensors, "broadcast_tensors");
  Shape shape;
  for (const Tensor& x : tensors) shape = detail::broadcast(shape, x.shape(), "broadcast_tensors");
  std::vector<Tensor> result;
  result.reserve(tensors.size());
  for (const Tensor& x : tensors) result.push_back(x.shape() == shape ? x : expand(x, shape));
  return result;
} catch (...) {
  detail::rethrow_for("broadcast_tensors");
}

}  // namespace tapegrad
