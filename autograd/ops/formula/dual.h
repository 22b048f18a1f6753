#pragma once

/// @file
/// The numbers that the function of a scalar operator is called with: dual numbers, which carry
/// derivatives along.
///
///     using Dual = tg::formula::Dual<tg::formula::Number<double>, 1>;  // along one direction
///     Dual x = Dual::variable(0.5, 0);
///     const Dual y = x > 0 ? sin(x) * x : Dual(0);
///     const double slope = y.slope[0].value;  // cos(x) x + sin(x)

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "autograd/base/refused.h"
#include "autograd/ops/core/elementwise_rule.h"
#include "autograd/ops/elementwise/families.h"
#include "autograd/ops/formula/functions.h"
#include "autograd/ops/formula/number.h"

namespace tapegrad::formula {

/// @addtogroup scalar_operators
/// @{

/// A number and its derivatives along `width` directions, none for 0. `Part` is what these are
/// made of: `Number<double>`, or a dual number again, which makes derivatives of higher order.
///
/// It has arithmetic, comparisons that an `if` may ask, and the functions of the same names as
/// tensors have, with the same values and derivatives, for both come from one formula: the text of
/// a function may be called with tensors, too, as long as it does without `if`. Numbers of C++ are
/// constants. Where a function has an infinite derivative, directions in which its argument does
/// not move stay 0.
template <class Part, int width>
struct Dual {
  Part value;                                           ///< without derivatives along `width`
  [[no_unique_address]] std::array<Part, width> slope;  ///< the derivatives
  /// Bit w: it may depend on direction w. Elsewhere its slope is 0 whatever is computed from it.
  unsigned moves = 0;

  Dual() = default;
  /// A constant.
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] Dual(Constant constant) noexcept
      : value(static_cast<double>(constant)), slope{} {}
  /// Of these parts.
  [[gnu::always_inline]] Dual(const Part& number, const std::array<Part, width>& slopes,
                              unsigned moving) noexcept
      : value(number), slope(slopes), moves(moving) {}

  /// What moves along direction `w` alone, at the pace of 1.
  [[gnu::always_inline]] static Dual variable(const Part& number, int w) noexcept {
    return {number, each([&](std::size_t k) { return Part(static_cast<int>(k) == w ? 1. : 0.); }),
            1u << w};
  }

  /// Refused with a sentence: a plain number has no derivatives.
  template <class Plain>
  requires std::is_arithmetic_v<Plain>
  explicit operator Plain() const noexcept {
    static_assert(detail::never<Plain>,
                  "a cast drops the derivatives of a number of a scalar operator; say so by "
                  "x.item(), or compare it");
    return Plain();
  }
  /// The plain number, for an index or a count; what is computed from it counts as constant.
  double item() const noexcept {
    if constexpr (requires { value.item(); })
      return value.item();
    else
      return value.value;
  }
  /// The same as a constant.
  Dual detach() const noexcept { return item(); }

  /// What a comparison of the plain numbers gives.
  struct Truth {
    bool value;  ///< the answer
    /// From a condition of the host's.
    Truth(bool answer) noexcept : value(answer) {}
    /// For `if`, `while` and `?:`.
    operator bool() const noexcept { return value; }
    /// Both.
    friend Truth operator&(Truth a, Truth b) noexcept { return a.value && b.value; }
    /// One or both.
    friend Truth operator|(Truth a, Truth b) noexcept { return a.value || b.value; }
    /// The opposite.
    friend Truth operator!(Truth a) noexcept { return !a.value; }
  };

  /// Comparisons.
  /// @{
  friend Truth operator==(const Dual& a, const Dual& b) noexcept { return a.item() == b.item(); }
  friend Truth operator!=(const Dual& a, const Dual& b) noexcept { return a.item() != b.item(); }
  friend Truth operator<(const Dual& a, const Dual& b) noexcept { return a.item() < b.item(); }
  friend Truth operator<=(const Dual& a, const Dual& b) noexcept { return a.item() <= b.item(); }
  friend Truth operator>(const Dual& a, const Dual& b) noexcept { return a.item() > b.item(); }
  friend Truth operator>=(const Dual& a, const Dual& b) noexcept { return a.item() >= b.item(); }
  friend Truth isnan(const Dual& x) noexcept { return std::isnan(x.item()); }
  friend Truth isinf(const Dual& x) noexcept { return std::isinf(x.item()); }
  friend Truth isfinite(const Dual& x) noexcept { return std::isfinite(x.item()); }
  /// @}

  /// Arithmetic.
  /// @{
  [[gnu::always_inline]] friend Dual operator+(const Dual& x) noexcept { return x; }
  [[gnu::always_inline]] friend Dual operator-(const Dual& x) noexcept {
    return {-x.value, each([&](std::size_t w) { return -x.slope[w]; }), x.moves};
  }
  [[gnu::always_inline]] friend Dual operator+(const Dual& a, const Dual& b) noexcept {
    return {a.value + b.value, each([&](std::size_t w) { return a.slope[w] + b.slope[w]; }),
            a.moves | b.moves};
  }
  [[gnu::always_inline]] friend Dual operator-(const Dual& a, const Dual& b) noexcept {
    return {a.value - b.value, each([&](std::size_t w) { return a.slope[w] - b.slope[w]; }),
            a.moves | b.moves};
  }
  [[gnu::always_inline]] friend Dual operator*(const Dual& a, const Dual& b) noexcept {
    return {a.value * b.value,
            each([&](std::size_t w) { return a.slope[w] * b.value + a.value * b.slope[w]; }),
            a.moves | b.moves};
  }
  [[gnu::always_inline]] friend Dual operator/(const Dual& a, const Dual& b) noexcept {
    const Part y = a.value / b.value;
    return {y, each([&](std::size_t w) { return (a.slope[w] - y * b.slope[w]) / b.value; }),
            a.moves | b.moves};
  }
  /// @}

  /// The same with a constant, which costs less.
  /// @{
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] friend Dual operator+(const Dual& x, Constant c) noexcept {
    return {x.value + c, x.slope, x.moves};
  }
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] friend Dual operator+(Constant c, const Dual& x) noexcept {
    return {c + x.value, x.slope, x.moves};
  }
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] friend Dual operator-(const Dual& x, Constant c) noexcept {
    return {x.value - c, x.slope, x.moves};
  }
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] friend Dual operator-(Constant c, const Dual& x) noexcept {
    return {c - x.value, each([&](std::size_t w) { return -x.slope[w]; }), x.moves};
  }
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] friend Dual operator*(const Dual& x, Constant c) noexcept {
    return {x.value * c, each([&](std::size_t w) { return x.slope[w] * c; }), x.moves};
  }
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] friend Dual operator*(Constant c, const Dual& x) noexcept { return x * c; }
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] friend Dual operator/(const Dual& x, Constant c) noexcept {
    return {x.value / c, each([&](std::size_t w) { return x.slope[w] / c; }), x.moves};
  }
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  [[gnu::always_inline]] friend Dual operator/(Constant c, const Dual& x) noexcept {
    const Part y = c / x.value;
    return {y, each([&](std::size_t w) { return -(x.slope[w] * y / x.value); }), x.moves};
  }
  /// @}

  /// In place.
  /// @{
  template <class Other>
  [[gnu::always_inline]] Dual& operator+=(const Other& other) noexcept {
    return *this = *this + other;
  }
  template <class Other>
  [[gnu::always_inline]] Dual& operator-=(const Other& other) noexcept {
    return *this = *this - other;
  }
  template <class Other>
  [[gnu::always_inline]] Dual& operator*=(const Other& other) noexcept {
    return *this = *this * other;
  }
  template <class Other>
  [[gnu::always_inline]] Dual& operator/=(const Other& other) noexcept {
    return *this = *this / other;
  }
  /// @}

  /// Choices; at ties and bounds derivatives are shared as those of tensors are. Of a condition,
  /// `a` where it holds, else `b`.
  /// @{
  friend Dual where(Truth condition, const Dual& a, const Dual& b) noexcept {
    return condition.value ? a : b;
  }
  friend Dual where(Truth condition, int a, int b) noexcept { return condition.value ? a : b; }
  friend Dual maximum(const Dual& a, const Dual& b) noexcept { return apply(Maximum(), a, b); }
  friend Dual minimum(const Dual& a, const Dual& b) noexcept { return apply(Minimum(), a, b); }
  friend Dual fmax(const Dual& a, const Dual& b) noexcept { return apply(Fmax(), a, b); }
  friend Dual fmin(const Dual& a, const Dual& b) noexcept { return apply(Fmin(), a, b); }
  friend Dual clamp(const Dual& x, double min, double max) noexcept {
    return apply(Clamp{min, max}, x);
  }
  friend Dual abs(const Dual& x) noexcept { return apply(Abs(), x); }
  friend Dual sign(const Dual& x) noexcept { return apply(Sign(), x); }
  friend Dual copysign(const Dual& a, const Dual& b) noexcept { return apply(Copysign(), a, b); }
  /// @}

  /// Powers, exponential functions and logarithms.
  /// @{
  friend Dual square(const Dual& x) noexcept { return x * x; }
  friend Dual reciprocal(const Dual& x) noexcept { return 1 / x; }
  friend Dual sqrt(const Dual& x) noexcept { return apply(Sqrt(), x); }
  friend Dual rsqrt(const Dual& x) noexcept { return apply(Rsqrt(), x); }
  friend Dual pow(const Dual& a, const Dual& b) noexcept { return apply(Pow(), a, b); }
  template <class Constant>
  requires std::is_arithmetic_v<Constant>
  friend Dual pow(const Dual& x, Constant exponent) noexcept {
    return apply(PowNumber{static_cast<double>(exponent)}, x);
  }
  friend Dual exp(const Dual& x) noexcept { return apply(Exp(), x); }
  friend Dual expm1(const Dual& x) noexcept { return apply(Expm1(), x); }
  friend Dual exp2(const Dual& x) noexcept { return apply(Exp2(), x); }
  friend Dual log(const Dual& x) noexcept { return apply(Log(), x); }
  friend Dual log1p(const Dual& x) noexcept { return apply(Log1p(), x); }
  friend Dual log2(const Dual& x) noexcept { return apply(Log2(), x); }
  friend Dual log10(const Dual& x) noexcept { return apply(Log10(), x); }
  friend Dual logaddexp(const Dual& a, const Dual& b) noexcept { return apply(LogAddExp(), a, b); }
  friend Dual xlogy(const Dual& a, const Dual& b) noexcept { return apply(Xlogy(), a, b); }
  friend Dual log1p_exp(const Dual& x) noexcept { return apply(Log1pExp(), x); }
  /// @}

  /// Angles and hyperbolic functions.
  /// @{
  friend Dual sin(const Dual& x) noexcept { return apply(Sin(), x); }
  friend Dual cos(const Dual& x) noexcept { return apply(Cos(), x); }
  friend Dual tan(const Dual& x) noexcept { return apply(Tan(), x); }
  friend Dual asin(const Dual& x) noexcept { return apply(Asin(), x); }
  friend Dual acos(const Dual& x) noexcept { return apply(Acos(), x); }
  friend Dual atan(const Dual& x) noexcept { return apply(Atan(), x); }
  friend Dual atan2(const Dual& a, const Dual& b) noexcept { return apply(Atan2(), a, b); }
  friend Dual hypot(const Dual& a, const Dual& b) noexcept { return apply(Hypot(), a, b); }
  friend Dual sinh(const Dual& x) noexcept { return apply(Sinh(), x); }
  friend Dual cosh(const Dual& x) noexcept { return apply(Cosh(), x); }
  friend Dual tanh(const Dual& x) noexcept { return apply(Tanh(), x); }
  friend Dual asinh(const Dual& x) noexcept { return apply(Asinh(), x); }
  friend Dual acosh(const Dual& x) noexcept { return apply(Acosh(), x); }
  friend Dual atanh(const Dual& x) noexcept { return apply(Atanh(), x); }
  friend Dual sinc(const Dual& x) noexcept { return apply(Sinc(), x); }
  /// @}

  /// The error function, the gamma function, and their kin.
  /// @{
  friend Dual erf(const Dual& x) noexcept { return apply(Erf(), x); }
  friend Dual erfc(const Dual& x) noexcept { return apply(Erfc(), x); }
  friend Dual erfinv(const Dual& x) noexcept { return apply(Erfinv(), x); }
  friend Dual lgamma(const Dual& x) noexcept { return apply(Lgamma(), x); }
  friend Dual digamma(const Dual& x) noexcept { return apply(Digamma(), x); }
  friend Dual polygamma(std::int64_t n, const Dual& x) noexcept { return apply(Polygamma{n}, x); }
  /// @}

  /// Rounding and remainders.
  /// @{
  friend Dual floor(const Dual& x) noexcept { return apply(Floor(), x); }
  friend Dual ceil(const Dual& x) noexcept { return apply(Ceil(), x); }
  friend Dual round(const Dual& x) noexcept { return apply(Round(), x); }
  friend Dual trunc(const Dual& x) noexcept { return apply(Trunc(), x); }
  friend Dual fmod(const Dual& a, const Dual& b) noexcept { return apply(Fmod(), a, b); }
  friend Dual remainder(const Dual& a, const Dual& b) noexcept { return apply(Remainder(), a, b); }
  friend Dual floor_divide(const Dual& a, const Dual& b) noexcept {
    return apply(FloorDivide(), a, b);
  }
  /// @}

  /// Activations.
  /// @{
  friend Dual relu(const Dual& x) noexcept { return apply(Relu(), x); }
  friend Dual leaky_relu(const Dual& x, double negative_slope = 0.01) noexcept {
    return apply(LeakyRelu{negative_slope}, x);
  }
  friend Dual elu(const Dual& x, double alpha = 1) noexcept { return apply(Elu{alpha}, x); }
  friend Dual gelu(const Dual& x) noexcept { return apply(Gelu(), x); }
  friend Dual silu(const Dual& x) noexcept { return apply(Silu(), x); }
  friend Dual sigmoid(const Dual& x) noexcept { return apply(Sigmoid(), x); }
  friend Dual logsigmoid(const Dual& x) noexcept { return apply(LogSigmoid(), x); }
  friend Dual softplus(const Dual& x, double beta = 1, double threshold = 20) noexcept {
    return apply(Softplus{beta, threshold}, x);
  }
  /// @}

 private:
  /// log(1 + e^x), which formulas use and tensors have not.
  struct Log1pExp {
    static constexpr Reads reads = kA;
    static auto forward(auto x) { return log1p_exp(x); }
    static auto vjp(auto g, auto x, auto) { return g * sigmoid(x); }
  };

  template <class F, std::size_t... w>
  [[gnu::always_inline]] static std::array<Part, width> each([[maybe_unused]] const F& f,
                                                             std::index_sequence<w...>) {
    return {f(w)...};
  }
  /// `f(w)` for each direction.
  template <class F>
  [[gnu::always_inline]] static std::array<Part, width> each(const F& f) {
    return each(f, std::make_index_sequence<width>());
  }

  /// The derivative of `op` by argument `input`, from the rule that its formula has.
  template <int input, class Op>
  [[gnu::always_inline]] static Part derivative(const Op& op, const Part& a,
                                                [[maybe_unused]] const Part& b, const Part& y) {
    constexpr Reads reads = detail::reads_of<Op>(input);
    Part read[4] = {};
    std::size_t count = 0;
    if constexpr ((reads & kY) != 0) read[count++] = y;
    if constexpr ((reads & kA) != 0) read[count++] = a;
    if constexpr ((reads & kB) != 0) read[count++] = b;
    return detail::run_rule<Op, input>(op, Part(1), read);
  }
  /// What it adds along direction `w`.
  [[gnu::always_inline]] static Part along(const Dual& x, const Part& by, std::size_t w) {
    return x.moves >> w & 1 ? by * x.slope[w] : Part(0);
  }

  /// The formula `op`.
  template <class Op>
  static Dual apply(const Op& op, const Dual& x) {
    const Part y = op.forward(x.value);
    Dual result(y, {}, x.moves);
    if (width > 0 && x.moves != 0) {
      const Part by = derivative<0>(op, x.value, x.value, y);
      result.slope = each([&](std::size_t w) { return along(x, by, w); });
    }
    return result;
  }
  template <class Op>
  static Dual apply(const Op& op, const Dual& a, const Dual& b) {
    const Part y = op.forward(a.value, b.value);
    Dual result(y, {}, a.moves | b.moves);
    if (width > 0 && a.moves != 0) {
      const Part by = derivative<0>(op, a.value, b.value, y);
      result.slope = each([&](std::size_t w) { return along(a, by, w); });
    }
    if (width > 0 && b.moves != 0) {
      const Part by = derivative<1>(op, a.value, b.value, y);
      result.slope = each([&](std::size_t w) {
        return b.moves >> w & 1 ? result.slope[w] + by * b.slope[w] : result.slope[w];
      });
    }
    return result;
  }
};

/// @}

}  // namespace tapegrad::formula
