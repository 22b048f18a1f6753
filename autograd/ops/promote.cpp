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

/// `value` as another element type. Errors: `ValueError` where int64 cannot hold it.
template <class To, class From>
void convert(const From* from, To* to, std::int64_t n) {
  if constexpr (std::is_same_v<To, std::int64_t> && std::is_floating_point_v<From>) {
    constexpr From end = 0x1p63;
    bool fits = true;
    for (std::int64_t i = 0; i < n; ++i) fits &= from[i] >= -end && from[i] < end;
    if (!fits) {
      const From* bad =
          std::find_if_not(from, from + n, [](From value) { return value >= -end && value < end; });
      fail<ValueError>(
          "to: {} at element {} cannot be converted to int64; replace such values with where(), or "
          "limit them with clamp()",
          *bad, bad - from);
    }
  }
  for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[i]);
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
  if (a.dtype() == b.dtype()) return a.dtype();
  return detail::result_type({&a, &b});
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  return detail::broadcast(a, b, "broadcast_shapes");
}

Tensor Tensor::to(DType dtype) const {
  if (checked().dtype == dtype && !impl_->has(detail::Impl::kNumber)) return *this;
  if (!is_floating_point(dtype)) return detail::converted(*this, dtype);
  return apply(Cast{.from = impl_->dtype, .to = dtype}, *this);
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
  Tensor result = new_tensor(tensor.shape(), dtype);
  visit_dtype(tensor.dtype(), [&]<class From>(From) {
    visit_dtype(dtype, [&]<class To>(To) {
      convert(data_of<From>(tensor), fresh_data<To>(result), tensor.numel());
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
  return is_floating_point(tensor.dtype()) ? tensor.dtype() : get_default_dtype();
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
