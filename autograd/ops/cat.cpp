#include <memory>

#include "autograd/kernels/blocks.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/ops/selection.h"
#include "autograd/tape/record.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

using detail::AroundDim;
using detail::normal_dim;

namespace {

/// Any number of tensors, one after the other along `dim`. The derivative of each is its part of
/// the gradient.
struct CatRecord final : detail::Record {
  CatRecord(const std::vector<Tensor>& tensors, std::vector<std::int64_t> first, int along,
            const Tensor& output)
      : Record(static_cast<int>(tensors.size()), nullptr, nullptr, output),
        edge(std::make_unique<detail::Edge[]>(tensors.size())),
        start(std::move(first)),
        dim(along) {
    edges = edge.get();
    for (std::size_t i = 0; i < tensors.size(); ++i) edge[i].connect(tensors[i]);
  }

  const char* name() const noexcept override { return "cat"; }
  Tensor vjp(int input, const Tensor& gradient, bool /*create_graph*/) override {
    const auto i = static_cast<std::size_t>(input);
    const Tensor part = narrow(gradient, dim, start[i], start[i + 1] - start[i]);
    // An empty vector may stand among tensors of more dimensions.
    return part.shape() == edge[i].shape() ? part : reshape(part, edge[i].shape());
  }

  std::unique_ptr<detail::Edge[]> edge;
  std::vector<std::int64_t> start;  // of every tensor, and the end
  int dim;
};

/// An empty vector is left out, whatever the shape of the others, as in PyTorch.
bool is_empty_vector(const Tensor& x) { return x.dim() == 1 && x.numel() == 0; }

/// True when the shapes agree but for dimension `dim`.
bool fit(Shape a, Shape b, int dim) {
  if (a.rank() != b.rank()) return false;
  a[static_cast<std::size_t>(dim)] = b[static_cast<std::size_t>(dim)];
  return a == b;
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
  std::vector<std::int64_t> start{0};
  start.reserve(tensors.size() + 1);
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
    start.push_back(start.back() + (skipped ? 0 : x.shape()[static_cast<std::size_t>(d)]));
    dtype = promote(dtype, x.dtype());
  }
  shape[static_cast<std::size_t>(d)] = start.back();

  Tensor y = detail::allocating_for("cat", [&] { return detail::new_tensor(shape, dtype); });
  const AroundDim around(shape, d);
  const auto element = static_cast<std::int64_t>(size_of(dtype));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor x = detail::converted(tensors[i], dtype);
    const std::int64_t block = (start[i + 1] - start[i]) * around.inner * element;
    kernels::copy_blocks(detail::data_of<char>(x), block,
                         detail::fresh_data<char>(y) + start[i] * around.inner * element,
                         around.size * around.inner * element, block, around.outer);
  }

  bool record = false;
  for (const Tensor& x : tensors) {
    record |= detail::should_record(x);
    detail::keep_cuts(y, {&x});
  }
  if (record) detail::new_record<CatRecord>(tensors, std::move(start), d, y)->attach(y);
  return y;
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
