#include "autograd/base/fail.h"
#include "autograd/kernels/permute/blocks.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/named.h"
#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::AroundDim;
using detail::normal_dim;

namespace {

/// Any number of tensors, one after the other along `dim`. The derivative of each is its part of
/// the gradient.
struct Cat {
  static constexpr const char* name = "cat";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool linear = true;
  static constexpr Reads reads = kNone;
  Shape shape;
  DType dtype;
  int dim;
  /// Of each input along `dim`; -1 for an empty vector, which may stand among tensors of more
  /// dimensions.
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> starts;  // where each begins
  static constexpr void visit(auto& op, auto f) {
    f("shape", op.shape);
    f("dtype", op.dtype);
    f("dim", op.dim);
    f("sizes", op.sizes);
    f("starts", op.starts);
  }
  /// Without the empty vectors, which do not fit there.
  static std::string onnx(const Cat& op, std::span<const Tensor* const> inputs) {
    std::string parts;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (op.sizes[i] < 0) continue;
      if (!parts.empty()) parts += ", ";
      parts += detail::onnx_cast(fmt::format("a{}", i), inputs[i]->dtype(), op.dtype);
    }
    if (parts.empty())
      return "y = " + detail::onnx_cast("Identity(a0)", inputs[0]->dtype(), op.dtype);
    return fmt::format("y = Concat<axis={{dim}}>({})", parts);
  }

  Tensor forward(std::span<const Tensor> inputs) const {
    Tensor y = detail::new_tensor(shape, dtype);
    const AroundDim around(shape, dim);
    const std::int64_t entry = around.inner * detail::element_size(y);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (sizes[i] <= 0) continue;
      const Tensor x = detail::converted(inputs[i], dtype);
      const std::int64_t block = sizes[i] * entry;
      detail::launch(
          name,
          [](const char* from, char* to, std::int64_t first, std::int64_t bytes, std::int64_t step,
             std::int64_t count) {
            kernels::copy_blocks(from, bytes, to + first, step, bytes, count);
          },
          detail::in<char>(x), detail::inout<char>(y), starts[i] * entry, block,
          around.size * entry, around.outer);
    }
    return y;
  }

  Tensor vjp(std::size_t i, const Tensor& g, auto, auto) const {
    return sizes[i] < 0 ? zeros(0, dtype) : narrow(g, dim, starts[i], sizes[i]);
  }
};

/// An empty vector is left out, whatever the shape of the others, as in PyTorch.
bool is_empty_vector(const Tensor& x) { return x.dim() == 1 && x.numel() == 0; }

/// True when the shapes agree but for dimension `dim`.
bool fit(const Shape& a, const Shape& b, int dim) {
  return a.rank() == b.rank() && a.with_size(dim, b[dim]) == b;
}

}  // namespace

void detail::require_tensors(const std::vector<Tensor>& tensors, const char* name) {
  if (tensors.empty()) fail<ValueError>("{}: the list of tensors is empty", name);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].defined()) fail_undefined(fmt::format("tensor {}", i).c_str(), name);
  }
}

Tensor detail::joined(const std::vector<Tensor>& tensors, int dim, const char* name) try {
  require_tensors(tensors, name);
  std::size_t model = 0;  // the tensor that the others are compared with
  while (model + 1 < tensors.size() && is_empty_vector(tensors[model])) ++model;
  Shape shape = tensors[model].shape();
  const int d = normal_dim(dim, shape.rank(), name);
  DType dtype = tensors[0].dtype();
  std::vector<std::int64_t> sizes, starts;
  sizes.reserve(tensors.size());
  starts.reserve(tensors.size());
  std::int64_t total = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& x = tensors[i];
    if (x.dim() == 0)
      fail<ShapeError>(
          "{}: tensor {} is a number (0-d), which has no dimension to join along; use stack, "
          "or reshape it to [1]",
          name, i);
    const bool skipped = is_empty_vector(x);
    if (!skipped && !fit(x.shape(), shape, d))
      fail<ShapeError>(
          "{}: tensor {} has shape {}, which does not fit shape {} of tensor {}: they may "
          "differ in dimension {} only",
          name, i, x.shape(), shape, model, d);
    sizes.push_back(skipped ? -1 : x.shape()[d]);
    starts.push_back(total);
    if (!skipped) total += sizes.back();
    dtype = promote(dtype, x.dtype());
  }
  shape[d] = total;
  return apply(Cat{shape, dtype, d, std::move(sizes), std::move(starts)}, std::span(tensors));
} catch (...) {
  detail::rethrow_for(name);
}

Tensor cat(const std::vector<Tensor>& tensors, int dim) {
  return detail::joined(tensors, dim, "cat");
}

Tensor stack(const std::vector<Tensor>& tensors, int dim) try {
  detail::require_tensors(tensors, "stack");
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
} catch (...) {
  detail::rethrow_for("stack");
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo cat_cases() {
  Draw draw;
  return {"cat",
          {{"rows", {draw({1, 3}), draw({2, 3})}, [](const Inputs& in) { return cat(in, 0); }},
           {"columns", {draw({2, 1}), draw({2, 3})}, [](const Inputs& in) { return cat(in, 1); }},
           {"with an empty vector",
            {draw({2, 2}), draw({0})},
            [](const Inputs& in) {
              return cat({in[1], in[0], in[0]});
            }},
           {"the same twice",
            {draw({2, 2})},
            [](const Inputs& in) {
              return cat({in[0], in[0]}, 1);
            }},
           {"stack", {draw(3), draw(3)}, [](const Inputs& in) { return stack(in, 1); }}}};
}

}  // namespace detail

}  // namespace tapegrad
