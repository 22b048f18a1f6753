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
  detail::require_defined(a, b, "result_type");
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
  detail::require_defined(*this, "to");
  if (impl_->dtype == dtype && !impl_->has(detail::Impl::kWrapped)) return *this;
  if (!is_floating_point(dtype)) {
    const Tensor result = detail::converted(*this, dtype);
    detail::note_cut(result, detail::Impl::kCutByRounding, {this});
    return result;
  }
  return apply(Cast{.from = impl_->dtype, .to = dtype}, *this);
}

namespace detail {

Tensor converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype && !tensor.impl()->has(Impl::kWrapped)) return tensor;
  Tensor result = allocating_for("to", [&] { return new_tensor(tensor.shape(), dtype); });
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

DType floating_type(const Tensor& tensor) {
  const bool keeps = is_floating_point(tensor.dtype()) && !tensor.impl()->has(Impl::kWrapped);
  return keeps ? tensor.dtype() : float32;
}

}  // namespace detail

}  // namespace tapegrad
