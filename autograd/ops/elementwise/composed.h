#pragma once

/// @file
/// Functions of each element that are made of others: `frac`, division that rounds, `nan_to_num`,
/// degrees.
///
///     tg::Tensor x = tg::tensor({-7.0, NAN});
///     tg::Tensor y = tg::div(tg::nan_to_num(x), 2, tg::Rounding::floor);

#include <optional>
#include <utility>

#include "autograd/base/flag.h"
#include "autograd/ops/elementwise/families.h"  // first: functions of these have overloads here
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup arithmetic
/// @{

/// The nearest number with `decimals` places after the point, or, where that is negative, with so
/// many zeros before it; of two the even one, gradient 0. Integers have no decimals: for them
/// `decimals` other than 0 is a `DTypeError`.
Tensor round(Tensor x, Integer decimals);
/// x - trunc(x), with the sign of x; gradient 1. Errors: `DTypeError` for integers, which have no
/// fraction.
Tensor frac(const Tensor& x);

/// How a quotient becomes a whole number.
enum class Rounding {
  none,   ///< not at all: true division
  trunc,  ///< towards 0, as C++ divides integers
  floor,  ///< downwards, as `floor_divide`
};
/// a / b, rounded; then integers stay integers, for which b = 0 is a `ValueError`, and the gradient
/// is 0.
Tensor div(const Tensor& a, const Tensor& b, Rounding rounding_mode);

/// Another name of `trunc`.
inline Tensor fix(Tensor x) { return trunc(std::move(x)); }

/// x itself, not a copy. Errors: `DTypeError` for `bool`.
Tensor positive(const Tensor& x);

/// What `nan_to_num` puts in place of numbers that are none.
struct NanToNumOptions {
  double nan = 0.0;                   ///< of NaN
  std::optional<double> posinf = {};  ///< of inf; by default the largest number of the type
  std::optional<double> neginf = {};  ///< of -inf; by default the lowest number of the type
};
/// x, with numbers in place of NaN, inf and -inf, where the gradient is 0. Integers have none of
/// them, and are copied.
Tensor nan_to_num(const Tensor& x, const NanToNumOptions& options = {});

/// @}

/// @addtogroup functions
/// @{

/// The power in `float64`, whatever the types of its operands; see `pow`.
Tensor float_power(const Tensor& base, const Tensor& exponent);
/// Other names of `asin`, `acos`, `atan`, `atan2`, `asinh`, `acosh` and `atanh`.
/// @{
inline Tensor arcsin(Tensor x) { return asin(std::move(x)); }
inline Tensor arccos(Tensor x) { return acos(std::move(x)); }
inline Tensor arctan(Tensor x) { return atan(std::move(x)); }
inline Tensor arctan2(const Tensor& a, const Tensor& b) { return atan2(a, b); }
inline Tensor arcsinh(Tensor x) { return asinh(std::move(x)); }
inline Tensor arccosh(Tensor x) { return acosh(std::move(x)); }
inline Tensor arctanh(Tensor x) { return atanh(std::move(x)); }
/// @}
/// Degrees as radians; integers become the default type.
Tensor deg2rad(const Tensor& x);
/// Radians as degrees; integers become the default type.
Tensor rad2deg(const Tensor& x);

/// @}

/// @addtogroup logic
/// @{

/// |a - b| <= atol + rtol |b|, element by element. An infinity is close to itself, NaN to nothing,
/// or to NaN when `equal_nan`. Errors: `ValueError` for a negative tolerance.
Tensor isclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
               Flag equal_nan = false);

/// @}

}  // namespace tapegrad
