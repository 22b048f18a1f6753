#include "autograd/ops/promote.h"

#include <algorithm>

#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

namespace {

/// The combined element type of some operands; empty until one was added.
struct Combined {
  bool any = false;
  DType dtype = boolean;
  void add(DType other) {
    dtype = any ? promote(dtype, other) : other;
    any = true;
  }
};

int category(DType dtype) { return is_floating_point(dtype) ? 2 : dtype == int64 ? 1 : 0; }

/// What `lower` (0-d tensors, or numbers) adds to `higher`: only a higher category.
Combined combine(Combined higher, Combined lower) {
  if (!higher.any) return lower;
  if (lower.any && category(lower.dtype) > category(higher.dtype)) higher.dtype = lower.dtype;
  return higher;
}

struct Cast {
  static constexpr const char* name = "to";
  static constexpr Reads reads[] = {kNone};
  DType from, to;
  Tensor forward(const Tensor& x) const { return detail::converted(x, to); }
  Tensor vjp(const Tensor& g, auto, auto) const { return g.to(from); }
};

}  // namespace

DType result_type(const Tensor& a, const Tensor& b) {
  using detail::Impl;
  const bool same = a.dtype() == b.dtype();
  const bool plain = !a.impl()->has(Impl::kWrapped) && !b.impl()->has(Impl::kWrapped);
  if (same && plain) return a.dtype();
  Combined tensors, zero_dim, numbers;
  for (const Tensor* operand : {&a, &b}) {
    if (operand->impl()->has(Impl::kWrapped)) {
      numbers.add(is_floating_point(operand->dtype()) ? float32 : operand->dtype());
    } else if (operand->dim() == 0) {
      zero_dim.add(operand->dtype());
    } else {
      tensors.add(operand->dtype());
    }
  }
  return combine(combine(tensors, zero_dim), numbers).dtype;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  return detail::broadcast(a, b, "broadcast_shapes");
}

Tensor Tensor::to(DType dtype) const {
  if (checked().dtype == dtype && !impl_->has(detail::Impl::kWrapped)) return *this;
  if (!is_floating_point(dtype)) return detail::converted(*this, dtype);
  return apply(Cast{.from = impl_->dtype, .to = dtype}, *this);
}

Tensor& Tensor::to_(DType dtype) {
  detail::Impl& impl = checked();
  if (!is_leaf())
    fail<GradError>(
        "to_: only a leaf can be converted in place; use to() for a tensor that an "
        "operator made");
  if (impl.dtype == dtype) return *this;
  if (requires_grad() && !is_floating_point(dtype))
    fail<DTypeError>("to_: the tensor requires gradients, which {} does not have", dtype);
  Tensor made = detail::converted(*this, dtype);
  const Tensor grad = impl.grad ? detail::converted(Tensor::share(impl.grad), dtype) : Tensor();
  // This header becomes a view of the new elements; a version of its own tells what was saved.
  detail::Impl* next = made.impl();
  next->version = impl.owner()->version + 1;
  next->set(detail::Impl::kViewed, true);
  detail::hold(next);
  if (detail::Impl* before = std::exchange(impl.base, next)) detail::unhold(before);
  impl.data = next->data;
  impl.dtype = dtype;
  impl.set(detail::Impl::kWrapped, false);
  if (grad.defined()) set_grad(grad);
  return *this;
}

namespace detail {

Tensor converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype && !tensor.impl()->has(Impl::kWrapped)) return tensor;
  Tensor result = new_tensor(tensor.shape(), dtype);
  visit_dtype(tensor.dtype(), [&]<class From>(From) {
    visit_dtype(dtype, [&]<class To>(To) {
      const From* from = data_of<From>(tensor);
      To* to = fresh_data<To>(result);
      const std::int64_t n = tensor.numel();
      for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[i]);
    });
  });
  return result;
}

Shape broadcast(const Shape& a, const Shape& b, const char* name) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  const int shift = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    const auto at = static_cast<std::size_t>(i + shift);
    const std::int64_t other = shorter[static_cast<std::size_t>(i)];
    if (result[at] == other || other == 1) continue;
    if (result[at] != 1)
      fail<ShapeError>(
          "{}: shapes {} and {} do not broadcast: sizes {} and {} at dimension {} from the end "
          "differ "
          "and neither is 1",
          name, a, b, result[at], other, longer.rank() - static_cast<int>(at));
    result[at] = other;
  }
  return result;
}

DType floating_type(const Tensor& tensor) {
  const bool keeps = is_floating_point(tensor.dtype()) && !tensor.impl()->has(Impl::kWrapped);
  return keeps ? tensor.dtype() : float32;
}

int normal_dim(int dim, int rank, const char* name) {
  const int range = std::max(rank, 1);
  if (dim < -range || dim >= range)
    fail<IndexError>("{}: dimension {} is out of range for a tensor of {} dimensions ({} to {})",
                     name, dim, rank, -range, range - 1);
  return dim < 0 ? dim + range : dim;
}

void require_floating(const Tensor& tensor, const char* name) {
  if (!is_floating_point(tensor.dtype()))
    fail<DTypeError>("{}: needs a float32 or float64 tensor, not {}; convert it with to(float32)",
                     name, tensor.dtype());
}

}  // namespace detail

}  // namespace tapegrad
