#include <algorithm>
#include <limits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/kernels/permute/blocks.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/index/positions.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::AroundDim;
using detail::in;
using detail::inout;
using detail::launch;
using detail::new_tensor;
using detail::normal_dim;
using detail::out;

void detail::require_indices(const Tensor& index, const Shape& shape, int dim, const char* name) {
  require_int64("the index", index.dtype(), name);
  const std::int64_t size = AroundDim(shape, dim).size;
  const auto [at, value] = launch(
      "check_indices",
      [](const std::int64_t* first, std::int64_t count, std::int64_t limit) {
        const auto* bad = std::find_if(
            first, first + count, [limit](std::int64_t each) { return each < 0 || each >= limit; });
        return bad == first + count ? Fault{-1, 0} : Fault{bad - first, *bad};
      },
      in<std::int64_t>(index), index.numel(), size);
  if (at >= 0)
    fail<IndexError>(
        "{}: index {} at position {} is out of range for dimension {} of shape {} (0 to {})", name,
        value, unravel_index(at, index.shape()), dim, shape, size - 1);
}

namespace {

/// Entries `index` of `dim`. The derivative adds the gradients of each entry up, as often as it was
/// taken; where all are taken in the reverse order, it does so too.
struct IndexSelect {
  static constexpr const char* name = "index_select";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kB, kNone};
  static constexpr Reads constant = kB;
  Shape from, to;
  int dim;
  bool reverse = false;
  static constexpr void visit(auto& op, auto f) {
    f("from", op.from);
    f("to", op.to);
    f("dim", op.dim);
    f("reverse", op.reverse);
  }
  /// An index that is a number keeps the dimension.
  static std::string onnx(const IndexSelect& op, std::span<const Tensor* const> inputs) {
    if (op.from.empty()) return "y = Identity(a)";
    return inputs[1]->dim() == 1 ? "y = Gather<axis={dim}>(a, b)"
                                 : "y = Gather<axis={dim}>(a, Reshape(b, [1]))";
  }
  Tensor forward(const Tensor& x, const Tensor& index) const;
  Tensor vjp_a(const Tensor& g, auto, const Tensor& index, auto) const;
  Tensor batched(const Batch& in) const;
};

/// Adds entry i of `source` to entry `index[i]` of a copy of `x`, or of zeros when `x` is
/// undefined.
struct IndexAdd {
  static constexpr const char* name = "index_add";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone, kNone, kB};
  static constexpr Reads constant = kB;
  Shape shape;
  int dim;
  static constexpr void visit(auto& op, auto f) {
    f("shape", op.shape);
    f("dim", op.dim);
  }
  /// ONNX wants an index for each element of the source.
  static std::string onnx(const IndexAdd& op, std::span<const Tensor* const>) {
    if (op.shape.empty()) return "y = Add(a, c)";
    return fmt::format(
        "i = Expand(Reshape(b, {}), Shape(c)); "
        "y = ScatterElements<axis={{dim}}, reduction=\"add\">(a, i, c)",
        detail::onnx_list(op.shape.rank(), 1, op.dim, -1));
  }
  Tensor forward(const Tensor& x, const Tensor& index, const Tensor& source) const;
  Tensor vjp_a(const Tensor& g, auto, auto, auto, auto) const { return g; }
  Tensor vjp_c(const Tensor& g, auto, const Tensor& index, auto, auto) const {
    return index_select(g, dim, index);
  }
  Tensor batched(const Batch& in) const;
};

Tensor IndexSelect::forward(const Tensor& x, const Tensor& index) const {
  const AroundDim around(from, dim);
  Tensor y = new_tensor(to, x.dtype());
  launch(
      name,
      [](const char* source, const std::int64_t* entry, char* target, AroundDim all, std::int64_t n,
         std::int64_t block) {
        kernels::with_block_copy(block, [&](auto copy) {
          for (std::int64_t o = 0; o < all.outer; ++o, source += all.size * block) {
            for (std::int64_t i = 0; i < n; ++i, target += block)
              copy(target, source + entry[i] * block);
          }
        });
      },
      in<char>(x), in<std::int64_t>(index), out<char>(y), around, index.numel(),
      around.inner * detail::element_size(x));
  return y;
}

Tensor IndexSelect::vjp_a(const Tensor& g, auto, const Tensor& index, auto) const {
  return reverse ? apply(*this, g, index) : apply(IndexAdd{from, dim}, Tensor(), index, g);
}

Tensor IndexAdd::forward(const Tensor& x, const Tensor& index, const Tensor& source) const {
  const AroundDim around(shape, dim);
  Tensor y = x.defined() ? detail::copy_of(x) : zeros(shape, source.dtype());
  visit_dtype(y.dtype(), [&]<class T>(T) {
    launch(
        name,
        [](const T* from, const std::int64_t* entry, T* sums, AroundDim all, std::int64_t n) {
          for (std::int64_t o = 0; o < all.outer; ++o, sums += all.size * all.inner) {
            for (std::int64_t i = 0; i < n; ++i, from += all.inner) {
              T* to = sums + entry[i] * all.inner;
              for (std::int64_t c = 0; c < all.inner; ++c) to[c] = static_cast<T>(to[c] + from[c]);
            }
          }
        },
        in<T>(source), in<std::int64_t>(index), inout<T>(y), around, index.numel());
  });
  return y;
}

/// The index that `in` has for each of its entries as one for each element of `shape`, which has
/// the further first dimension.
Tensor index_of_elements(const Batch& in, int dim, const Shape& shape) {
  Shape places = shape;
  for (int d = 1; d < shape.rank(); ++d)
    if (d != dim) places[d] = 1;
  return expand(reshape(in[1], places), shape);
}

/// `shape` with the further first dimension; of a number that of its one entry.
Shape entries_of(const Batch& in, const Shape& shape) {
  return detail::with_leading(in, shape.empty() ? Shape(1) : shape);
}

Tensor IndexSelect::batched(const Batch& in) const {
  const Shape result = detail::with_leading(in, to);
  if (in.has(1) && !in.has(0)) {
    // All entries at once, then their dimension in front.
    const Tensor all = index_select(in[0].dim() == 0 ? reshape(in[0], 1) : in[0], dim,
                                    reshape(in[1], in[1].numel()));
    Shape apart = from.empty() ? Shape(1) : to;
    apart.insert(dim, in.size);
    Dims order{dim};
    for (int d = 0; d < apart.rank(); ++d)
      if (d != dim) order.push_back(d);
    return reshape(permute(reshape(all, apart), order), result);
  }
  const Tensor x = reshape(in[0], entries_of(in, from));
  const Tensor y = in.has(1)
                       ? gather(x, dim + 1, index_of_elements(in, dim + 1, entries_of(in, to)))
                       : index_select(x, dim + 1, in[1]);
  return reshape(y, result);
}

Tensor IndexAdd::batched(const Batch& in) const {
  const Shape whole = entries_of(in, shape);
  const Tensor own = detail::with_leading(in, 2);
  const Tensor source = shape.empty() ? unsqueeze(own, 1) : own;
  const Tensor x =
      in[0].defined() ? reshape(detail::with_leading(in, 0), whole) : zeros(whole, source.dtype());
  const Tensor y =
      in.has(1) ? scatter_add(x, dim + 1, index_of_elements(in, dim + 1, source.shape()), source)
                : index_add(x, dim + 1, in[1], source);
  return reshape(y, detail::with_leading(in, shape));
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

/// The first class outside [0, count).
detail::Fault find_bad_class(const Tensor& classes, std::int64_t count) {
  return launch(
      "check_classes",
      [](const std::int64_t* value, std::int64_t n, std::int64_t limit) {
        for (std::int64_t i = 0; i < n; ++i)
          if (value[i] < 0 || value[i] >= limit) return detail::Fault{i, value[i]};
        return detail::Fault{-1, 0};
      },
      in<std::int64_t>(classes), classes.numel(), count);
}

std::int64_t largest_class(const Tensor& classes) {
  return launch(
      "largest_class",
      [](const std::int64_t* value, std::int64_t n) { return *std::max_element(value, value + n); },
      in<std::int64_t>(classes), classes.numel());
}

/// A row for each class, with 1 where that is and zeros elsewhere.
struct OneHot {
  static constexpr const char* name = "one_hot";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = detail::Impl::kCutByRounding;
  std::int64_t classes;
  static constexpr void visit(auto& op, auto f) { f("num_classes", op.classes); }
  /// ONNX wants a list of classes.
  static std::string onnx(const OneHot&, std::span<const Tensor* const> in) {
    return in[0]->dim() > 0 ? "y = OneHot<axis=-1>(a, {num_classes}, [0, 1])"
                            : "y = Reshape(OneHot<axis=-1>(Reshape(a, [1]), {num_classes}, "
                              "[0, 1]), [{num_classes}])";
  }
  Tensor forward(const Tensor& x) const {
    Shape shape = x.shape();
    shape.push_back(classes);
    const Tensor y = new_tensor(shape, int64);
    launch(
        name,
        [](const std::int64_t* value, std::int64_t* to, std::int64_t n, std::int64_t count) {
          std::fill_n(to, n * count, 0);
          for (std::int64_t i = 0; i < n; ++i) to[i * count + value[i]] = 1;
        },
        in<std::int64_t>(x), out<std::int64_t>(y), x.numel(), classes);
    return y;
  }
  Tensor batched(const Batch& batch) const { return one_hot(batch[0], classes); }
};

}  // namespace

Tensor index_select(const Tensor& x, int dim, const Tensor& index) {
  detail::require_defined(x, "the first argument", "index_select");
  detail::require_defined(index, "the index", "index_select");
  const int d = normal_dim(dim, x.dim(), "index_select");
  const Shape result = shape_of_entries(x.shape(), d, index, "index_select");
  return apply(IndexSelect{x.shape(), result, d}, x, index);
}

Tensor detail::reversed(const Tensor& x, int dim) {
  return apply(IndexSelect{x.shape(), x.shape(), dim, true}, x, arange(x.size(dim) - 1, -1, -1));
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
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::int64_t count = num_classes;
  if (num_classes == -1) {
    if (classes.numel() == 0)
      fail<ValueError>("one_hot: no class to infer num_classes from in shape {}; pass num_classes",
                       classes.shape());
    count = std::max<std::int64_t>(0, std::min(largest_class(classes), most - 1) + 1);
  } else if (num_classes < 1) {
    fail<ValueError>(
        "one_hot: num_classes is {}; it must be at least 1, or -1 to take the largest class + 1",
        count);
  }
  if (const detail::Fault fault = find_bad_class(classes, count); fault.at >= 0)
    detail::fail_class(
        fmt::format("the entry at {}", detail::unravel_index(fault.at, classes.shape())),
        fault.value, count, "one_hot");
  detail::require_room(classes.shape(), "one_hot");
  return apply(OneHot{count}, classes);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo index_select_cases() {
  Draw draw;
  const Tensor index = tensor({2, 0, 2});
  return {"index_select",
          {{"repeated rows",
            {draw({3, 2}), index},
            [](const Inputs& in) { return index_select(in[0], 0, in[1]); }},
           {"columns", {draw({2, 3}), index}, [](const Inputs& in) {
              return index_select(in[0], 1, in[1]);
            }}}};
}

OperatorInfo index_add_cases() {
  Draw draw;
  return {"index_add",
          {{"repeated rows", {draw({3, 2}), tensor({2, 0, 2}), draw({3, 2})}, [](const Inputs& in) {
              return index_add(in[0], 0, in[1], in[2]);
            }}}};
}

}  // namespace detail

}  // namespace tapegrad
