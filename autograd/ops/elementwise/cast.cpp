#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/elementwise/families.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

namespace {

/// Elements as another type. Errors: `ValueError` where int64 cannot hold one.
template <class To, class From>
constexpr auto convert_elements = [](const From* from, To* to, std::int64_t n) {
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
  static constexpr Sparsity sparsity = Sparsity::elementwise;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  DType from, to;
  static constexpr void visit(auto& op, auto f) {
    f("from", op.from);
    f("to", op.to);
  }
  static constexpr const char* onnx = "y = Cast<to={to}>(a)";
  Tensor forward(const Tensor& x) const { return detail::converted(x, to); }
  Tensor vjp(const Tensor& g, auto, auto) const { return g.to(from); }
};

/// The same to a type that has no gradients.
struct ToWhole {
  static constexpr const char* name = "to";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = detail::Impl::kCutByRounding;
  static constexpr Leading leading = Leading::broadcast;
  DType to;
  static constexpr void visit(auto& op, auto f) { f("to", op.to); }
  static constexpr const char* onnx = "y = Cast<to={to}>(a)";
  Tensor forward(const Tensor& x) const { return detail::converted(x, to); }
};

}  // namespace

Tensor Tensor::to(DType dtype) const {
  detail::require_defined(*this, "to");
  if (impl_->dtype == dtype && !impl_->has(detail::Impl::kNumber)) return *this;
  if (!is_floating_point(dtype)) return apply(ToWhole{dtype}, *this);
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
  if (impl.base == &impl)
    fail<GradError>("to_: these elements lie in memory of the host program, as {}; use to()",
                    impl.dtype);
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
  detail::announce(detail::Event::viewed, impl);
  impl.dtype = dtype;
  impl.set(detail::Impl::kNumber, false);
  detail::announce(detail::Event::changed, *next);
  if (grad.defined()) set_grad(grad);
  return *this;
}

namespace detail {

Tensor converted(const Tensor& tensor, DType dtype) {
  if (tensor.dtype() == dtype && !is_number(tensor)) return tensor;
  Tensor result = allocating_for("to", [&] { return new_tensor_like(tensor, dtype); });
  visit_dtype(tensor.dtype(), [&]<class From>(From) {
    visit_dtype(dtype, [&]<class To>(To) {
      launch("to", convert_elements<To, From>, in<From>(tensor), out<To>(result), tensor.numel());
    });
  });
  return result;
}

}  // namespace detail

// ---- Proof -------------------------------------------------------------------------------------

OperatorInfo detail::to_cases() {
  Draw draw;
  return {"to", {{"float32 and back", {draw({2, 3})}, [](const Inputs& in) {
                    return in[0].to(float64) * 1 + where(in[0] > 100, in[0].to(float32), 0);
                  }}}};
}

}  // namespace tapegrad
