#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/index/positions.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::in;
using detail::launch;
using detail::new_tensor;
using detail::out;

namespace {

/// The places of the elements that are not 0, in memory, or one for each dimension. How many there
/// are, the elements say, so that the results of a batch have one size only by chance.
struct Nonzero {
  static constexpr const char* name = "nonzero";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = detail::Impl::kCutByChoice;
  static constexpr Leading leading = Leading::loop;
  bool in_memory;
  static constexpr void visit(auto& op, auto f) { f("in_memory", op.in_memory); }
  static std::string onnx(const Nonzero& op, std::span<const Tensor* const>) {
    return op.in_memory ? "y = Reshape(NonZero(Reshape(a, [-1])), [-1])"
                        : "y = Transpose(NonZero(a))";
  }
  Tensor forward(const Tensor& x) const {
    return visit_dtype(x.dtype(), [&]<class T>(T) { return found<T>(x); });
  }

 private:
  template <class T>
  Tensor found(const Tensor& x) const {
    const std::int64_t count = launch(
        "count_nonzero",
        [](const T* value, std::int64_t n) {
          return std::int64_t{std::count_if(value, value + n, [](T each) { return each != T(0); })};
        },
        in<T>(x), x.numel());
    const Tensor y = new_tensor(in_memory ? Shape(count) : Shape{count, x.dim()}, int64);
    launch(
        name,
        [](const T* value, std::int64_t* to, std::int64_t n, bool one, Shape sizes) {
          for (std::int64_t i = 0; i < n; ++i) {
            if (value[i] == T(0)) continue;
            if (one) {
              *to++ = i;
              continue;
            }
            std::int64_t rest = i;
            for (int d = sizes.rank(); d-- > 0; rest /= sizes[d]) to[d] = rest % sizes[d];
            to += sizes.rank();
          }
        },
        in<T>(x), out<std::int64_t>(y), x.numel(), in_memory, x.shape());
    return y;
  }
};

/// Throws unless `mask` is bool.
void require_bool(const Tensor& mask, const char* name) {
  if (mask.dtype() != boolean)
    fail<DTypeError>("{}: the mask must be bool, not {}; write mask != 0", name, mask.dtype());
}

/// `x` and `mask` as they broadcast to each other.
std::pair<Tensor, Tensor> broadcast_with(const Tensor& x, const Tensor& mask, const char* name) {
  detail::require_defined(x, "the first argument", name);
  detail::require_defined(mask, "the mask", name);
  require_bool(mask, name);
  const Shape shape = detail::broadcast(x.shape(), mask.shape(), name);
  const auto to_shape = [&](const Tensor& t) { return t.shape() == shape ? t : expand(t, shape); };
  return {to_shape(x), to_shape(mask)};
}

}  // namespace

Tensor detail::positions_of(const Tensor& mask) { return apply(Nonzero{true}, mask); }

Tensor nonzero(const Tensor& x) {
  detail::require_defined(x, "nonzero");
  return apply(Nonzero{false}, x);
}

Tensor argwhere(const Tensor& x) {
  detail::require_defined(x, "argwhere");
  return nonzero(x);
}

std::vector<Tensor> where(const Tensor& condition) {
  detail::require_defined(condition, "where");
  const Tensor x = condition.dim() == 0 ? reshape(condition, 1) : condition;
  const Tensor columns = nonzero(x);
  std::vector<Tensor> each;
  for (int d = 0; d < x.dim(); ++d) each.push_back(select(columns, 1, d));
  return each;
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) try {
  detail::require_defined(x, "the first argument", "masked_fill");
  detail::require_defined(mask, "the mask", "masked_fill");
  detail::require_defined(value, "the value", "masked_fill");
  require_bool(mask, "masked_fill");
  if (value.dim() != 0)
    fail<ShapeError>(
        "masked_fill: the value must be a number or a 0-d tensor, not of shape {}; "
        "where(mask, value, x) takes others",
        value.shape());
  return where(mask, detail::as_elements_of(x, value, "masked_fill"), x);
} catch (...) {
  detail::rethrow_for("masked_fill");
}

Tensor masked_select(const Tensor& x, const Tensor& mask) try {
  const auto [all, where_true] = broadcast_with(x, mask, "masked_select");
  return index_select(reshape(all, all.numel()), 0, detail::positions_of(where_true));
} catch (...) {
  detail::rethrow_for("masked_select");
}

Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source) try {
  detail::require_defined(x, "the first argument", "masked_scatter");
  detail::require_defined(mask, "the mask", "masked_scatter");
  detail::require_defined(source, "the source", "masked_scatter");
  const auto [all, where_true] = broadcast_with(x, mask, "masked_scatter");
  detail::require_same_type("source", source.dtype(), "tensor", x.dtype(), "masked_scatter");
  const Tensor positions = detail::positions_of(where_true);
  const std::int64_t count = positions.numel();
  if (source.numel() < count)
    fail<ShapeError>(
        "masked_scatter: the mask is true in {} places, but the source of shape {} has "
        "{} elements",
        count, source.shape(), source.numel());
  const Tensor first = narrow(reshape(source, source.numel()), 0, 0, count);
  const Tensor y =
      detail::with_rows(reshape(all, {all.numel(), 1}), positions, unsqueeze(first, 1));
  return reshape(y, all.shape());
} catch (...) {
  detail::rethrow_for("masked_scatter");
}

Tensor take(const Tensor& x, const Tensor& index) try {
  detail::require_defined(x, "the first argument", "take");
  detail::require_defined(index, "the index", "take");
  detail::require_int64("the index", index.dtype(), "take");
  const Tensor row = reshape(x, x.numel());
  const Tensor places = detail::counted_from_start(index, row.shape(), 0, "take");
  return reshape(index_select(row, 0, reshape(places, places.numel())), index.shape());
} catch (...) {
  detail::rethrow_for("take");
}

Tensor take_along_dim(const Tensor& x, const Tensor& indices, int dim) try {
  constexpr const char* name = "take_along_dim";
  detail::require_defined(x, "the first argument", name);
  detail::require_defined(indices, "the indices", name);
  detail::require_int64("the indices", indices.dtype(), name);
  const int d = detail::dimension_of(x.shape(), dim, name);
  if (indices.dim() != x.dim())
    fail<ShapeError>(
        "{}: the indices of shape {} and the tensor of shape {} must have as many "
        "dimensions",
        name, indices.shape(), x.shape());
  const Shape other =
      detail::broadcast(x.shape().with_size(d, 1), indices.shape().with_size(d, 1), name);
  const Tensor places = detail::counted_from_start(indices, x.shape(), d, name);
  return gather(expand(x, other.with_size(d, x.shape()[d])), d,
                expand(places, other.with_size(d, indices.shape()[d])));
} catch (...) {
  detail::rethrow_for("take_along_dim");
}

Tensor take_along_dim(const Tensor& x, const Tensor& indices) {
  detail::require_defined(indices, "the indices", "take_along_dim");
  return take(x, reshape(indices, indices.numel()));
}

}  // namespace tapegrad
