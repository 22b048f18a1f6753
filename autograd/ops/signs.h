#pragma once

/// @file
/// Operators that are written as signs: arithmetic, comparisons, logic.
///
///     tg::Tensor x = tg::tensor({1.0, 2.0}), y = tg::tensor({2.0, 0.5});
///     tg::Tensor z = -(x * y + 1) / 2;
///     tg::Tensor inside = (x > 0) & !(y > 1);

#include <utility>

#include "autograd/ops/ops.h"  // which includes this

namespace tapegrad {

/// @addtogroup arithmetic
/// @{

namespace detail {
/// The larger of two operands, where both are defined.
inline Tensor& more_room(Tensor& a, Tensor& b) noexcept {
  return a.defined() && b.defined() && impl_of(a)->numel() > impl_of(b)->numel() ? a : b;
}
}  // namespace detail
/// @cond
#define TAPEGRAD_SIGN(sign, name)                                                            \
  namespace detail {                                                                         \
  /** `room`: one of the two, of which this is the last use. */                              \
  Tensor name(const Tensor& a, const Tensor& b, Tensor& room);                               \
  }                                                                                          \
  inline Tensor operator sign(const Tensor& a, const Tensor& b) { return name(a, b); }       \
  inline Tensor operator sign(Tensor&& a, const Tensor& b) { return detail::name(a, b, a); } \
  inline Tensor operator sign(const Tensor& a, Tensor&& b) { return detail::name(a, b, b); } \
  inline Tensor operator sign(Tensor&& a, Tensor&& b) {                                      \
    return detail::name(a, b, detail::more_room(a, b));                                      \
  }
/// @endcond
/// `add`, `sub`, `mul` and `div` as signs. They compute into the memory of an operand that is a
/// temporary, where its value is not needed for a gradient: `x * y + z` takes one piece of memory,
/// not two. So do the functions that take their argument by value.
/// @{
TAPEGRAD_SIGN(+, add)
TAPEGRAD_SIGN(-, sub)
TAPEGRAD_SIGN(*, mul)
TAPEGRAD_SIGN(/, div)
/// @}
#undef TAPEGRAD_SIGN
/// `neg` as a sign.
inline Tensor operator-(Tensor x) { return neg(std::move(x)); }

/// @}

/// @addtogroup logic
/// @{

/// The comparisons as signs.
/// @{
inline Tensor operator==(const Tensor& a, const Tensor& b) { return eq(a, b); }
inline Tensor operator!=(const Tensor& a, const Tensor& b) { return ne(a, b); }
inline Tensor operator<(const Tensor& a, const Tensor& b) { return lt(a, b); }
inline Tensor operator<=(const Tensor& a, const Tensor& b) { return le(a, b); }
inline Tensor operator>(const Tensor& a, const Tensor& b) { return gt(a, b); }
inline Tensor operator>=(const Tensor& a, const Tensor& b) { return ge(a, b); }
/// @}
/// `logical_and`, `logical_or` and `logical_not` as signs. Both sides are always computed.
/// @{
inline Tensor operator&(const Tensor& a, const Tensor& b) { return logical_and(a, b); }
inline Tensor operator|(const Tensor& a, const Tensor& b) { return logical_or(a, b); }
inline Tensor operator!(const Tensor& x) { return logical_not(x); }
/// @}

/// @}

}  // namespace tapegrad
