#include "autograd/ops/promote.h"

#include <algorithm>

#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/fail.h"
#include "autograd/tensor/launch.h"

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

/// Elements as another type. Errors: `ValueError` where int64 cannot hold one.
template <class To, class From>
constexpr auto convert = [](const From* from, To* to, std::int64_t n) {
  if constexpr (std::is_same_v<To, std::int64_t> && std::is_floating_point_v<From>) {
    bool fits = true;
    for (std::int64_t i = 0; i < n; ++i) fits &= detail::fits_int64(from[i]);
    if (!fits) {
      const From* bad = std::find_if_not(from, from + n, detail::fits_int64<From>);
      fail<ValueError>(
          "to: {} at element {} cannot be converted to int64; replace such values with where(), or "
          "limit them with clamp()",
          *bad, bad - from);
    }
  }
  for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[i]);
};

struct Cast {
  static constexpr const char* name = "to";
  static constexpr Reads reads[] = {kNone};
  DType from, to;
  static constexpr void visit(auto& op, auto f) {
    f("from", op.from);
    f("to", op.to);
  }
  Tensor forward(const Tensor& x) const { return detail::converted(x, to); }
  Tensor vjp(const Tensor& g, auto, auto) const { return g.to(from); }
};

/// The same to a type that has no gradients.
struct Rounding {
  static constexpr const char* name = "to";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = detail::Impl::kCutByRounding;
  DType to;
  static constexpr void visit(auto& op, auto f) { f("to", op.to); }
  Tensor forward(const Tensor& x) const { return detail::converted(x, to); }
};

}  // namespace

DType result_type(const Tensor& a, const Tensor& b) {
  detail::require_defined(a, b, "result_type");
  if (a.dtype() == b.dtype()) return a.dtype();
  return detail::result_type({&a, &b});
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  return detail::broadcast(a, b, "broadcast_shapes");
}

Tensor Tensor::to(DType dtype) const {
  detail::require_defined(*this, "to");
  if (impl_->dtype == dtype && !impl_->has(detail::Impl::kNumber)) return *this;
  if (!is_floating_point(dtype)) return apply(Rounding{dtype}, *this);
  return apply(Cast{.from = impl_->dtype, .to = dtype}, *this);
}

Tensor& Tensor::to_(DType dtype) & {
  detail::require_defined(*this, "to_");
  detail::Impl& impl = *impl_;
  if (!is_leaf())
    fail<GradError>(
        "to_: only a leaf can be converted in place; use to() for a tensor that an operator made");
  if (impl.dtype == dtype) {
    impl.set(detail::Impl::kNumber, false);
    return *this;
  }
  if (requires_grad() && !is_floating_point(dtype))
    fail<DTypeError>("to_: the tensor requires gradients, which {} does not have", dtype);
  Tensor made = detail::converted(*this, dtype);
  const Tensor grad = impl.grad ? detail::converted(detail::share(impl.grad), dtype) : Tensor();
  // This header becomes a view of the new elements; a version of its own tells what was saved.
  detail::Impl* next = detail::impl_of(made);
  next->version = impl.owner()->version + 1;
  next->set(detail::Impl::kViewed, true);
  detail::hold(next);
  if (detail::Impl* before = std::exchange(impl.base, next)) detail::unhold(before);
  detail::Raw::set(impl, detail::Raw::of(*next));
  impl.dtype = dtype;
  impl.set(detail::Impl::kNumber, false);
  if (grad.defined()) set_grad(grad);
  return *this;
}

namespace detail {

DType result_type(std::span<const Tensor* const> operands) {
  Combined tensors, zero_dim, numbers;
  for (const Tensor* operand : operands) {
    Combined& kind = is_number(*operand) ? numbers : operand->dim() == 0 ? zero_dim : tensors;
    kind.add(operand->dtype());
  }
  const Combined typed = combine(tensors, zero_dim);
  // Beside a tensor a decimal number is a double only because C++ says so.
  if (typed.any && is_floating_point(numbers.dtype)) numbers.dtype = get_default_dtype();
  return combine(typed, numbers).dtype;
}

Tensor converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype && !is_number(tensor)) return tensor;
  Tensor result = allocating_for("to", [&] { return new_tensor(tensor.shape(), dtype); });
  visit_dtype(tensor.dtype(), [&]<class From>(From) {
    visit_dtype(dtype, [&]<class To>(To) {
      launch("to", convert<To, From>, in<From>(tensor), out<To>(result), tensor.numel());
    });
  });
  return result;
}

}  // namespace detail

}  // namespace tapegrad
