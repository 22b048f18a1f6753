#include "autograd/base/fail.h"
#include "autograd/kernels/permute/blocks.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::in;
using detail::launch;
using detail::normal_dim;

namespace {

/// y[i][j] = x[index[i][j]][j] for dimension 0, and so on. The derivative is `scatter_add`.
struct Gather {
  static constexpr const char* name = "gather";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kB, kNone};
  static constexpr Reads constant = kB;
  Shape shape;  // of x
  int dim;
  static constexpr void visit(auto& op, auto f) {
    f("shape", op.shape);
    f("dim", op.dim);
  }
  static constexpr const char* onnx = "y = GatherElements<axis={dim}>(a, b)";
  Tensor forward(const Tensor& x, const Tensor& index) const;
  Tensor vjp_a(const Tensor& g, auto, const Tensor& index, auto) const;
  Tensor batched(const Batch& in) const {
    return gather(detail::with_leading(in, 0), dim + 1, detail::with_leading(in, 1));
  }
};

/// y[index[i][j]][j] += source[i][j], where y starts as a copy of `x`, or as zeros when that is
/// undefined.
struct ScatterAdd {
  static constexpr const char* name = "scatter_add";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone, kNone, kB};
  static constexpr Reads constant = kB;
  Shape shape, source_shape;
  int dim;
  static constexpr void visit(auto& op, auto f) {
    f("shape", op.shape);
    f("source_shape", op.source_shape);
    f("dim", op.dim);
  }
  /// What of the source has no index is left out.
  static std::string onnx(const ScatterAdd& op, std::span<const Tensor* const>) {
    return fmt::format(
        "y = ScatterElements<axis={{dim}}, reduction=\"add\">(a, b, Slice(c, {}, Shape(b)))",
        detail::onnx_list(op.shape.rank(), 0, 0, 0));
  }
  Tensor forward(const Tensor& x, const Tensor& index, const Tensor& source) const;
  Tensor vjp_a(const Tensor& g, auto, auto, auto, auto) const { return g; }
  /// What of the source has no index gets no gradient.
  Tensor vjp_c(const Tensor& g, auto, const Tensor& index, auto, auto) const {
    return detail::padded(gather(g, dim, index), source_shape);
  }
  Tensor batched(const Batch& in) const;
};

/// How the elements of an index along `dim` meet those of a tensor of `shape`, which they point
/// into, and those of one of shape `beside`, whose elements have the same places as the index's.
/// All of one rank.
class Pairs {
 public:
  Pairs(const Shape& index, const Shape& shape, int dim, const Shape& beside)
      : index_(index), into_(shape.strides()), beside_(beside.strides()), jump_(into_[dim]) {
    into_[dim] = 0;
  }

  /// Calls `f(into, beside)` with the offsets of the elements in both tensors, in row-major order.
  template <class F>
  void operator()(const std::int64_t* value, F f) const {
    // In locals: `f` may write anything.
    const std::int64_t* const end = value + index_.numel();
    if (value == end) return;
    const std::int64_t columns = index_.back();
    const std::int64_t step = into_.back();
    const std::int64_t jump = jump_;
    std::int64_t at[kMaxRank] = {};
    std::int64_t into = 0, beside = 0;
    for (; value != end; value += columns) {
      for (std::int64_t c = 0; c < columns; ++c) f(into + c * step + value[c] * jump, beside + c);
      for (int d = index_.rank() - 2; d >= 0; --d) {
        into += into_[d];
        beside += beside_[d];
        if (++at[d] < index_[d]) break;
        into -= at[d] * into_[d];
        beside -= at[d] * beside_[d];
        at[d] = 0;
      }
    }
  }

 private:
  Shape index_;
  Shape into_, beside_;  // strides
  std::int64_t jump_;    // of one step along `dim`
};

Tensor Gather::forward(const Tensor& x, const Tensor& index) const {
  Tensor y = detail::new_tensor_like(index, x.dtype());
  launch(
      name,
      [](const std::int64_t* at, const char* from, char* to, std::int64_t element, Pairs pairs) {
        kernels::with_block_copy(element, [&](auto copy) {
          pairs(at, [=](std::int64_t into, std::int64_t beside) {
            copy(to + beside * element, from + into * element);
          });
        });
      },
      in<std::int64_t>(index), in<char>(x), detail::out<char>(y), detail::element_size(x),
      Pairs(index.shape(), shape, dim, index.shape()));
  return y;
}

Tensor Gather::vjp_a(const Tensor& g, auto, const Tensor& index, auto) const {
  return apply(ScatterAdd{shape, g.shape(), dim}, Tensor(), index, g);
}

Tensor ScatterAdd::forward(const Tensor& x, const Tensor& index, const Tensor& source) const {
  Tensor y = x.defined() ? detail::copy_of(x) : zeros(shape, source.dtype());
  visit_dtype(y.dtype(), [&]<class T>(T) {
    launch(
        name,
        [](const std::int64_t* at, const T* from, T* to, Pairs pairs) {
          pairs(at, [=](std::int64_t into, std::int64_t beside) {
            to[into] = static_cast<T>(to[into] + from[beside]);
          });
        },
        in<std::int64_t>(index), in<T>(source), detail::inout<T>(y),
        Pairs(index.shape(), shape, dim, source_shape));
  });
  return y;
}

/// Checks `index` against the tensor that it points into; returns `dim` counted from 0.
int require_index(const Shape& shape, int dim, const Tensor& index, const char* name) {
  const int d = normal_dim(dim, shape.rank(), name);
  const Shape& own = index.shape();
  if (own.rank() != shape.rank())
    fail<ShapeError>(
        "{}: the index has shape {} and the tensor has shape {}; they must have the same "
        "number of dimensions",
        name, own, shape);
  for (int i = 0; i < own.rank(); ++i) {
    if (i != d && own[i] > shape[i])
      fail<ShapeError>(
          "{}: the index of shape {} is larger than the tensor of shape {} in dimension {}; "
          "it may be larger in dimension {} only",
          name, own, shape, i, d);
  }
  detail::require_indices(index, shape, d, name);
  return d;
}

Tensor ScatterAdd::batched(const Batch& in) const {
  const Shape whole = detail::with_leading(in, shape);
  const Tensor index = detail::with_leading(in, 1);
  const int d = require_index(whole, dim + 1, index, name);
  return apply(ScatterAdd{whole, detail::with_leading(in, source_shape), d},
               detail::with_leading(in, 0), index, detail::with_leading(in, 2));
}

}  // namespace

Tensor gather(const Tensor& x, int dim, const Tensor& index) {
  detail::require_defined(x, "the first argument", "gather");
  detail::require_defined(index, "the index", "gather");
  if (x.dim() == 0 || index.dim() == 0)
    return reshape(gather(atleast_1d(x), dim, atleast_1d(index)), index.shape());
  const int d = require_index(x.shape(), dim, index, "gather");
  return apply(Gather{x.shape(), d}, x, index);
}

Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source) {
  detail::require_defined(x, "the first argument", "scatter_add");
  detail::require_defined(index, "the index", "scatter_add");
  detail::require_defined(source, "the source", "scatter_add");
  if (x.dim() == 0 || index.dim() == 0 || source.dim() == 0)
    return reshape(scatter_add(atleast_1d(x), dim, atleast_1d(index), atleast_1d(source)),
                   x.shape());
  const int d = require_index(x.shape(), dim, index, "scatter_add");
  bool fits = source.dim() == index.dim();
  for (int i = 0; fits && i < index.dim(); ++i) fits = index.shape()[i] <= source.shape()[i];
  if (!fits)
    fail<ShapeError>(
        "scatter_add: the index of shape {} does not lie within the source of shape {}",
        index.shape(), source.shape());
  detail::require_same_type("source", source.dtype(), "tensor", x.dtype(), "scatter_add");
  return apply(ScatterAdd{x.shape(), source.shape(), d}, x, index, source);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo gather_cases() {
  Draw draw;
  const Tensor grid = tensor({{2, 0, 1}, {0, 0, 2}});
  return {
      "gather",
      {{"rows", {draw({3, 3}), grid}, [](const Inputs& in) { return gather(in[0], 0, in[1]); }},
       {"columns", {draw({2, 3}), grid}, [](const Inputs& in) { return gather(in[0], 1, in[1]); }},
       {"largest of each row", {draw.distinct({3, 4})}, [](const Inputs& in) {
          return max(in[0], 1).values;
        }}}};
}

OperatorInfo scatter_add_cases() {
  Draw draw;
  const Tensor grid = tensor({{2, 0, 1}, {0, 0, 2}});
  return {"scatter_add", {{"repeated", {draw({2, 3}), grid, draw({2, 3})}, [](const Inputs& in) {
                             return scatter_add(in[0], 1, in[1], in[2]);
                           }}}};
}

}  // namespace detail

}  // namespace tapegrad
