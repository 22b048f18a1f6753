#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/kernels/permute/blocks.h"
#include "autograd/kernels/permute/permute.h"
#include "autograd/ops/core/broadcast_loop.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/named.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::in;
using detail::launch;
using detail::new_tensor;
using detail::new_tensor_like;
using detail::normal_dim;
using detail::out;
using detail::viewed;

namespace detail {

Tensor copy_of(const Tensor& x) {
  Tensor y = new_tensor_like(x, x.dtype());
  launch(
      "copy", [](const char* from, char* to, std::size_t bytes) { std::memcpy(to, from, bytes); },
      in<char>(x), out<char>(y), static_cast<std::size_t>(x.numel() * element_size(x)));
  return y;
}

}  // namespace detail

namespace {

/// The same data under another shape.
struct Reshape {
  static constexpr const char* name = "reshape";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  Shape from, to;
  static constexpr void visit(auto& op, auto f) {
    f("from", op.from);
    f("to", op.to);
  }
  /// There a size of 0 is that of the input, unless it is told otherwise.
  static std::string onnx(const Reshape& op, std::span<const Tensor* const>) {
    return op.to.numel() == 0 ? "y = Reshape<allowzero=1>(a, {to})" : "y = Reshape(a, {to})";
  }
  Tensor forward(const Tensor& x) const { return detail::view_of(x, to); }
  Tensor vjp(const Tensor& g, auto, auto) const { return reshape(g, from); }
};

/// Dimension i of the result is dimension `dims[i]`. The derivative is the inverse permutation.
struct Permute {
  static constexpr const char* name = "permute";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  Dims dims;
  static constexpr void visit(auto& op, auto f) { f("dims", op.dims); }
  static std::string onnx(const Permute&, std::span<const Tensor* const> in) {
    return in[0]->dim() > 0 ? "y = Transpose<perm={dims}>(a)" : "y = Identity(a)";
  }
  Tensor forward(const Tensor& x) const;
  Tensor vjp(const Tensor& g, auto, auto) const {
    Dims inverse = dims;
    for (int i = 0; i < dims.rank(); ++i) inverse[dims[i]] = i;
    return permute(g, inverse);
  }
  Tensor batched(const Batch& in) const {
    Dims order{0};
    for (const std::int64_t dim : dims) order.push_back(dim + 1);
    return permute(in[0], order);
  }
};

Tensor Permute::forward(const Tensor& x) const {
  const Shape& shape = x.shape();
  const Shape strides = shape.strides();
  std::array<kernels::Axis, kMaxRank> axes{};
  Shape result = shape;
  bool moves = false;
  std::int64_t last = -1;  // the dimension before, of more than one entry
  for (int i = 0; i < dims.rank(); ++i) {
    const std::int64_t from = dims[i];
    axes[i] = {shape[from], strides[from]};
    result[i] = shape[from];
    if (shape[from] == 1) continue;
    moves |= from < last;
    last = from;
  }
  if (!moves || x.numel() == 0) return detail::view_of(x, result);
  Tensor y = new_tensor(result, x.dtype());
  launch(
      name,
      [](const char* from, char* to, std::size_t element,
         const std::array<kernels::Axis, kMaxRank>& all, int rank) {
        kernels::permute(from, to, element, std::span(all.data(), static_cast<std::size_t>(rank)));
      },
      in<char>(x), out<char>(y), size_of(x.dtype()), axes, dims.rank());
  return y;
}

/// Repeats along dimensions of size 1 and new leading ones. The derivative is the sum over these.
struct Expand {
  static constexpr const char* name = "expand";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  Shape from, to;
  static constexpr void visit(auto& op, auto f) {
    f("from", op.from);
    f("to", op.to);
  }
  Tensor forward(const Tensor& x) const;
  static constexpr const char* onnx = "y = Expand(a, {to})";
  Tensor vjp(const Tensor& g, auto, auto) const { return sum_to(g, from); }
  Tensor batched(const Batch& in) const {
    const Shape whole = detail::with_leading(in, to);
    return expand(detail::aligned(in[0], whole.rank()), whole);
  }
};

Tensor Expand::forward(const Tensor& x) const {
  Tensor y = new_tensor(to, x.dtype());
  if (y.numel() == 0) return y;
  detail::visit_bits(x.dtype(), [&]<class Bits>(Bits) {
    detail::launch_broadcast<Bits>(
        name, {x}, y,
        [](const kernels::Operand* in, Bits* out, std::int64_t rows, std::int64_t columns) {
          constexpr std::int64_t element = sizeof(Bits);
          const auto* source = static_cast<const char*>(in->data);
          auto* target = reinterpret_cast<char*>(out);
          const std::int64_t step = in->outer * element;
          if (in->inner != 0)
            kernels::copy_blocks(source, step, target, columns * element, columns * element, rows);
          else
            kernels::repeat_blocks(source, step, target, element, rows, columns);
        });
  });
  return y;
}

struct Clone {
  static constexpr const char* name = "clone";
  static constexpr Sparsity sparsity = Sparsity::elementwise;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr bool linear = true;
  static constexpr const char* onnx = "y = Identity(a)";
  static constexpr Reads reads[] = {kNone};
  Tensor forward(const Tensor& x) const { return detail::copy_of(x); }
  Tensor vjp(const Tensor& g, auto, auto) const { return g; }
};

/// A C++ number as the tensor that tensor() makes of it, for a result that is no number.
Tensor as_tensor(const Tensor& number) {
  return number.to(is_floating_point(number.dtype()) ? get_default_dtype() : number.dtype());
}

}  // namespace

Tensor detail::viewed(const Tensor& x, const Shape& shape) {
  if (detail::is_number(x))
    return shape.empty() ? detail::as_number(detail::view_of(x, shape))
                         : viewed(as_tensor(x), shape);
  return apply(Reshape{.from = x.shape(), .to = shape}, x);
}

Shape detail::completed(const Shape& from, const Shape& to, const char* name) {
  constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  const std::int64_t count = from.numel();
  int open = -1;
  std::int64_t known = 1;  // elements without the open dimension
  bool overflow = false;
  for (int i = 0; i < to.rank(); ++i) {
    const std::int64_t size = to[i];
    if (size < -1)
      fail<ShapeError>("{}: shape {} has the negative size {}; only -1 has a meaning", name, to,
                       size);
    if (size == -1) {
      if (open >= 0)
        fail<ShapeError>("{}: shape {} has more than one -1; only one size can be inferred", name,
                         to);
      open = i;
    } else {
      overflow |= size != 0 && known > limit / size;
      if (!overflow) known *= size;
    }
  }
  if (overflow)
    fail<ShapeError>("{}: shape {} has more elements than memory can hold, and {} has {}", name, to,
                     from, count);
  if (open < 0) {
    if (known != count)
      fail<ShapeError>("{}: shape {} has {} elements, which do not fit into {} with {}", name, from,
                       count, to, known);
    return to;
  }
  if (known == 0)
    fail<ShapeError>(
        "{}: the -1 in {} could be any size, because another size is 0; write the size", name, to);
  if (count % known != 0)
    fail<ShapeError>(
        "{}: shape {} has {} elements, which is no multiple of the {} that {} has without its -1",
        name, from, count, known, to);
  return to.with_size(open, count / known);
}

Tensor detail::reshaped(const Tensor& x, const Shape& shape, const char* name) {
  require_defined(x, name);
  return viewed(x, completed(x.shape(), shape, name));
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  return detail::reshaped(x, shape, "reshape");
}

Tensor flatten(const Tensor& x, int start_dim, int end_dim) {
  detail::require_defined(x, "flatten");
  const Shape& shape = x.shape();
  const int start = normal_dim(start_dim, x.dim(), "flatten");
  const int end = normal_dim(end_dim, x.dim(), "flatten");
  if (start > end)
    fail<ShapeError>("flatten: start_dim {} comes after end_dim {} in shape {}", start_dim, end_dim,
                     shape);
  if (shape.empty()) return viewed(x, {1});
  Shape result = shape.slice(0, start);
  result.push_back(shape.slice(start, end + 1).numel());
  for (int i = end + 1; i < shape.rank(); ++i) result.push_back(shape[i]);
  return viewed(x, result);
}

Tensor squeeze(const Tensor& x) {
  detail::require_defined(x, "squeeze");
  Shape result;
  for (std::int64_t size : x.shape()) {
    if (size != 1) result.push_back(size);
  }
  return viewed(x, result);
}

Tensor squeeze(const Tensor& x, int dim) {
  detail::require_defined(x, "squeeze");
  Shape result = x.shape();
  const int i = normal_dim(dim, x.dim(), "squeeze");
  if (!result.empty() && result[i] == 1) result.erase(i);
  return viewed(x, result);
}

Tensor unsqueeze(const Tensor& x, int dim) {
  detail::require_defined(x, "unsqueeze");
  Shape result = x.shape();
  detail::require_room(x.shape(), "unsqueeze");
  result.insert(normal_dim(dim, x.dim() + 1, "unsqueeze"), 1);
  return viewed(x, result);
}

Dims detail::distinct_dims(const Dims& dims, int rank, const char* name) {
  Dims all = dims;
  unsigned seen = 0;
  for (std::int64_t& dim : all) {
    const int i = normal_dim(dim, rank, name);
    if (seen >> i & 1) fail_named_twice(dim, dims, name);
    seen |= 1u << i;
    dim = i;
  }
  return all;
}

Tensor permute(const Tensor& x, const Dims& dims) {
  detail::require_defined(x, "permute");
  const int rank = x.dim();
  if (dims.rank() != rank)
    fail<ShapeError>("permute: {} dimensions {} for a tensor of shape {}; name each of its {} once",
                     dims.rank(), dims, x.shape(), rank);
  return apply(Permute{detail::distinct_dims(dims, rank, "permute")}, x);
}

Tensor transpose(const Tensor& x, int dim0, int dim1) {
  detail::require_defined(x, "transpose");
  const int a = normal_dim(dim0, x.dim(), "transpose");
  const int b = normal_dim(dim1, x.dim(), "transpose");
  Dims order = x.shape();
  for (int i = 0; i < order.rank(); ++i) order[i] = i == a ? b : i == b ? a : i;
  return apply(Permute{order}, x);
}

Tensor t(const Tensor& x) {
  detail::require_defined(x, "t");
  if (x.dim() > 2)
    fail<ShapeError>("t: shape {} is no matrix; use transpose(x, dim0, dim1)", x.shape());
  return x.dim() == 2 ? transpose(x, 0, 1) : x;
}

Tensor detail::expanded(const Tensor& x, const Shape& shape, const char* name) {
  require_defined(x, name);
  const Shape& from = x.shape();
  const int added = shape.rank() - from.rank();
  if (added < 0)
    fail<ShapeError>("{}: shape {} has fewer dimensions than the tensor, whose shape is {}", name,
                     shape, from);
  Shape to = shape;
  for (int i = 0; i < to.rank(); ++i) {
    const std::int64_t own = i < added ? 1 : from[i - added];
    if (to[i] == -1 && i >= added) to[i] = own;
    if (to[i] < 0)
      fail<ShapeError>(
          "{}: size {} of dimension {} in {} is negative; -1 keeps a size that the "
          "tensor has, and its shape is {}",
          name, to[i], i, shape, from);
    if (own != 1 && to[i] != own)
      fail<ShapeError>(
          "{}: shape {} does not expand to {}: dimension {} has size {}, and only "
          "size 1 can become {}",
          name, from, shape, i - added, own, to[i]);
  }
  if (is_number(x)) return to.empty() ? x.clone() : expand(as_tensor(x), shape);
  return apply(Expand{.from = from, .to = to}, x);
}

Tensor expand(const Tensor& x, const Shape& shape) { return detail::expanded(x, shape, "expand"); }

// ---- Methods -----------------------------------------------------------------------------------

Tensor Tensor::clone() const {
  detail::require_defined(*this, "clone");
  if (detail::is_number(*this)) return detail::as_number(detail::copy_of(*this));
  return apply(Clone{}, *this);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo reshape_cases() {
  Draw draw;
  return {"reshape",
          {{"flatten", {draw({2, 3})}, [](const Inputs& in) { return in[0].flatten(); }},
           {"unsqueeze", {draw(3)}, [](const Inputs& in) { return in[0].unsqueeze(1); }}}};
}

OperatorInfo permute_cases() {
  Draw draw;
  return {"permute",
          {{"transpose", {draw({2, 3})}, [](const Inputs& in) { return in[0].t(); }},
           {"a cycle of three", {draw({2, 3, 4})}, [](const Inputs& in) {
              return permute(in[0], {2, 0, 1});
            }}}};
}

OperatorInfo expand_cases() {
  Draw draw;
  const auto to_two_rows = [](const Inputs& in) { return expand(in[0], {2, 3}); };
  return {"expand",
          {{"rows", {draw({3})}, to_two_rows}, {"a column", {draw({2, 1})}, to_two_rows}}};
}

OperatorInfo clone_cases() {
  Draw draw;
  return {"clone", {{"a matrix", {draw({2, 3})}, [](const Inputs& in) { return in[0].clone(); }}}};
}

}  // namespace detail

}  // namespace tapegrad
