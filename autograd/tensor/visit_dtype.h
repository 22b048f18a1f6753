#pragma once

/// @file
/// From an element type to the C++ type, for the library and for operators of your own; `detail` is
/// internal: small things that every layer above the tensor needs.
///
///     tg::Tensor x = tg::ones({3}, tg::float64);
///     tg::visit_floating(x.dtype(), [&]<class T>(T) { fmt::print("{}\n", x.data<T>()[0]); });

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup custom
/// @{

/// Calls `f(T{})` with the C++ type of `dtype`.
template <class F>
decltype(auto) visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32:
      return f(float{});
    case DType::float64:
      return f(double{});
    case DType::int64:
      return f(std::int64_t{});
    default:
      return f(bool{});
  }
}

/// @cond
namespace detail {
[[noreturn, gnu::cold]] void fail_visit_floating(DType dtype);
}  // namespace detail
/// @endcond

/// The same for `float32` and `float64` only. Errors: `DTypeError` for the others.
template <class F>
decltype(auto) visit_floating(DType dtype, F&& f) {
  if (!is_floating_point(dtype)) [[unlikely]]
    detail::fail_visit_floating(dtype);
  return dtype == DType::float32 ? f(float{}) : f(double{});
}

/// @}

namespace detail {

inline Tensor new_tensor(const Shape& shape, DType dtype) { return adopt(new_impl(shape, dtype)); }
/// The same of the shape of `like`.
inline Tensor new_tensor_like(const Tensor& like, DType dtype) {
  return adopt(new_impl(impl_of(like)->shape_ref, dtype));
}
/// The same data under another shape, without history.
inline Tensor view_of(const Tensor& tensor, const Shape& shape, std::int64_t offset = 0) {
  return adopt(new_view(impl_of(tensor), shape, offset));
}

/// True for what int64 holds but for its fraction; not for NaN.
template <class Floating>
constexpr bool fits_int64(Floating value) noexcept {
  return value >= Floating(-0x1p63) && value < Floating(0x1p63);
}

}  // namespace detail

}  // namespace tapegrad
