#include "autograd/ops/shape/narrow.h"

#include "autograd/base/fail.h"
#include "autograd/kernels/permute/blocks.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::AroundDim;
using detail::dimension_of;
using detail::element_size;
using detail::in;
using detail::inout;
using detail::launch;
using detail::Section;
using detail::taken;

namespace {

Tensor put(const Tensor& x, const Section& range);
void add_to(const Tensor& sum, const Tensor& part, const Section& range);

struct Narrow {
  static constexpr const char* name = "narrow";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  Section range;
  static constexpr void visit(auto& op, auto f) { f("range", op.range); }
  static std::string onnx(const Narrow& op, std::span<const Tensor* const>) {
    return fmt::format("y = Slice(a, [{{start}}], [{}], [{{dim}}])",
                       op.range.start + op.range.length);
  }
  Tensor forward(const Tensor& x) const { return taken(x, range); }
  Tensor vjp(const Tensor& g, auto, auto) const;
  void vjp_add(const Tensor& g, const Tensor& sum) const { add_to(sum, g, range); }
};

/// One entry, whose dimension goes away.
struct Select : Narrow {
  static constexpr const char* name = "select";
  static std::string onnx(const Select& op, std::span<const Tensor* const>) {
    return fmt::format("y = Squeeze(Slice(a, [{{start}}], [{}], [{{dim}}]), [{{dim}}])",
                       op.range.start + 1);
  }
};

/// The reverse: zeros everywhere else.
struct Pad {
  static constexpr const char* name = "pad";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  Section range;
  static constexpr void visit(auto& op, auto f) { f("range", op.range); }
  /// Zeros before and after, for each dimension.
  static std::string onnx(const Pad& op, std::span<const Tensor* const>) {
    const int rank = op.range.whole.rank(), dim = op.range.dim;
    std::vector<std::int64_t> pads(static_cast<std::size_t>(2 * rank), 0);
    pads[static_cast<std::size_t>(dim)] = op.range.start;
    pads[static_cast<std::size_t>(rank + dim)] =
        op.range.whole[dim] - op.range.start - op.range.length;
    return fmt::format("y = Pad(a, {}, 0)", detail::onnx_list(pads));
  }
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

/// `x` in the range, zeros around it.
Tensor put(const Tensor& part, const Section& range) {
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
void add_to(const Tensor& sum, const Tensor& part, const Section& range) {
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

/// `x` where the range is known to fit.
Tensor narrow_at(const Tensor& x, int dim, std::int64_t start, std::int64_t length) {
  return apply(Narrow{{x.shape(), x.shape().with_size(dim, length), dim, start, length}}, x);
}

}  // namespace

namespace detail {

Tensor taken(const Tensor& x, const Section& range) {
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

int dimension_of(const Shape& shape, int dim, const char* name) {
  if (shape.empty())
    fail<ShapeError>("{}: a number (0-d tensor) has no dimensions; item() gives its value", name);
  return normal_dim(dim, shape.rank(), name);
}

}  // namespace detail

Tensor detail::padded(const Tensor& x, const Shape& shape) {
  Tensor y = x;
  for (int d = 0; d < shape.rank(); ++d) {
    const std::int64_t size = y.shape()[d];
    const std::int64_t wanted = shape[d];
    if (size != wanted) y = apply(Pad{{y.shape().with_size(d, wanted), y.shape(), d, 0, size}}, y);
  }
  return y;
}

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

Tensor Tensor::at(const Shape& indices) const {
  if (indices.rank() > dim())
    fail<IndexError>("at: {} indices {} for a tensor of shape {}", indices.rank(), indices,
                     shape());
  Tensor piece = *this;
  for (int d = 0; d < indices.rank(); ++d)
    piece = tapegrad::select(piece, 0, detail::normal_index(indices[d], d, shape(), "at"));
  return piece;
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo narrow_cases() {
  Draw draw;
  return {"narrow",
          {{"rows", {draw({4, 3})}, [](const Inputs& in) { return narrow(in[0], 0, 1, 2); }},
           {"columns", {draw({2, 4})}, [](const Inputs& in) { return narrow(in[0], 1, 1, 2); }},
           {"columns, twice", {draw({2, 4})}, [](const Inputs& in) {
              return narrow(in[0], 1, 0, 3) * narrow(in[0], 1, 1, 3);
            }}}};
}

OperatorInfo select_cases() {
  Draw draw;
  return {"select",
          {{"a column", {draw({2, 4})}, [](const Inputs& in) { return select(in[0], 1, -1); }},
           {"a row", {draw({2, 4})}, [](const Inputs& in) { return in[0][1]; }}}};
}

OperatorInfo pad_cases() {
  Draw draw;
  return {"pad", {{"columns", {draw({2, 2})}, [](const Inputs& in) {
                     return apply(Pad{{{2, 4}, {2, 2}, 1, 1, 2}}, in[0]);
                   }}}};
}

}  // namespace detail

}  // namespace tapegrad
