#include "autograd/ops/core/promotion.h"

#include "autograd/ops/ops.h"
#include "autograd/tensor/door/launch.h"

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

}  // namespace

DType result_type(const Tensor& a, const Tensor& b) {
  detail::require_defined(a, b, "result_type");
  if (a.dtype() == b.dtype()) return a.dtype();
  return detail::result_type({&a, &b});
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  return detail::broadcast(a, b, "broadcast_shapes");
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

}  // namespace detail

}  // namespace tapegrad
