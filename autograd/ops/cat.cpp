#include "autograd/kernels/blocks.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/ops/selection.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

using detail::AroundDim;
using detail::normal_dim;

namespace {

/// Any number of tensors, one after the other along `dim`. The derivative of each is its part of
/// the gradient.
struct Cat {
  /// Where an input stands along `dim`. An empty vector may stand among tensors of more dimensions.
  struct Place {
    std::int64_t start, size;
    bool empty_vector;
  };

  static constexpr const char* name = "cat";
  static constexpr Reads reads = kNone;
  Shape shape;
  DType dtype;
  int dim;
  std::vector<Place> places;

  Tensor forward(std::span<const Tensor> inputs) const {
    Tensor y = detail::new_tensor(shape, dtype);
    const AroundDim around(shape, dim);
    const std::int64_t entry = around.inner * detail::element_size(y);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor x = detail::converted(inputs[i], dtype);
      const std::int64_t block = places[i].size * entry;
      kernels::copy_blocks(detail::data_of<char>(x), block,
                           detail::fresh_data<char>(y) + places[i].start * entry,
                           around.size * entry, block, around.outer);
    }
    return y;
  }

  Tensor vjp(std::size_t i, const Tensor& g, auto, auto) const {
    const Place& place = places[i];
    return place.empty_vector ? zeros(0, dtype) : narrow(g, dim, place.start, place.size);
  }
};

/// An empty vector is left out, whatever the shape of the others, as in PyTorch.
bool is_empty_vector(const Tensor& x) { return x.dim() == 1 && x.numel() == 0; }

/// True when the shapes agree but for dimension `dim`.
bool fit(const Shape& a, const Shape& b, int dim) {
  return a.rank() == b.rank() && a.with_size(dim, b[dim]) == b;
}

/// Throws when there is no tensor, or an undefined one.
void require_tensors(const std::vector<Tensor>& tensors, const char* name) {
  if (tensors.empty()) fail<ValueError>("{}: the list of tensors is empty", name);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].defined()) detail::fail_undefined(fmt::format("tensor {}", i).c_str(), name);
  }
}

}  // namespace

Tensor cat(const std::vector<Tensor>& tensors, int dim) {
  require_tensors(tensors, "cat");
  std::size_t model = 0;  // the tensor that the others are compared with
  while (model + 1 < tensors.size() && is_empty_vector(tensors[model])) ++model;
  Shape shape = tensors[model].shape();
  const int d = normal_dim(dim, shape.rank(), "cat");
  DType dtype = tensors[0].dtype();
  std::vector<Cat::Place> places;
  places.reserve(tensors.size());
  std::int64_t total = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& x = tensors[i];
    if (x.dim() == 0)
      fail<ShapeError>(
          "cat: tensor {} is a number (0-d), which has no dimension to join along; use stack, "
          "or reshape it to [1]",
          i);
    const bool skipped = is_empty_vector(x);
    if (!skipped && !fit(x.shape(), shape, d))
      fail<ShapeError>(
          "cat: tensor {} has shape {}, which does not fit shape {} of tensor {}: they may "
          "differ in dimension {} only",
          i, x.shape(), shape, model, d);
    places.push_back({total, skipped ? 0 : x.shape()[d], skipped});
    total += places.back().size;
    dtype = promote(dtype, x.dtype());
  }
  shape[d] = total;
  return apply(Cat{shape, dtype, d, std::move(places)}, std::span(tensors));
}

Tensor stack(const std::vector<Tensor>& tensors, int dim) {
  require_tensors(tensors, "stack");
  const Shape& shape = tensors[0].shape();
  detail::require_room(shape, "stack");
  const int d = normal_dim(dim, shape.rank() + 1, "stack");
  // Numbers do not widen the type of the tensors beside them; alone, they make one as tensor()
  // does.
  std::vector<const Tensor*> operands;
  for (const Tensor& x : tensors) operands.push_back(&x);
  const bool numbers = std::all_of(tensors.begin(), tensors.end(), detail::is_number);
  DType dtype = detail::result_type(operands);
  if (numbers && is_floating_point(dtype)) dtype = get_default_dtype();
  std::vector<Tensor> rows;
  rows.reserve(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].shape() != shape)
      fail<ShapeError>("stack: tensor {} has shape {}, which is not shape {} of tensor 0", i,
                       tensors[i].shape(), shape);
    rows.push_back(unsqueeze(tensors[i].to(dtype), d));
  }
  return cat(rows, d);
}

}  // namespace tapegrad
