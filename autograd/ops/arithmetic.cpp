#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/tensor/create.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

using detail::Change;
using detail::elementwise;
using detail::elementwise_info;

namespace detail {

Tensor no_bool_difference(const Tensor&, const Tensor&) {
  fail<DTypeError>("sub: bool tensors have no difference; use logical_xor, or convert them");
}
Tensor no_bool_negative(const Tensor&, const Tensor&) {
  fail<DTypeError>("neg: a bool tensor has no negative; use logical_not");
}

}  // namespace detail

// ---- Two arguments -----------------------------------------------------------------------------

namespace {

/// The value of a C++ number used as an operand, or nothing.
std::optional<double> number_in(const Tensor& tensor) {
  if (!detail::is_number(tensor)) return {};
  return tensor.item();
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b) { return elementwise<formula::Add>(a, b); }
Tensor detail::add(const Tensor& a, const Tensor& b, Tensor& room) {
  return elementwise<formula::Add>(a, b, &room);
}
Tensor sub(const Tensor& a, const Tensor& b) { return elementwise<formula::Sub>(a, b); }
Tensor detail::sub(const Tensor& a, const Tensor& b, Tensor& room) {
  return elementwise<formula::Sub>(a, b, &room);
}
Tensor mul(const Tensor& a, const Tensor& b) { return elementwise<formula::Mul>(a, b); }
Tensor detail::mul(const Tensor& a, const Tensor& b, Tensor& room) {
  return elementwise<formula::Mul>(a, b, &room);
}
Tensor div(const Tensor& a, const Tensor& b) { return elementwise<formula::Div>(a, b); }
Tensor detail::div(const Tensor& a, const Tensor& b, Tensor& room) {
  return elementwise<formula::Div>(a, b, &room);
}
Tensor maximum(const Tensor& a, const Tensor& b) { return elementwise<formula::Maximum>(a, b); }
Tensor minimum(const Tensor& a, const Tensor& b) { return elementwise<formula::Minimum>(a, b); }

Tensor pow(const Tensor& base, const Tensor& exponent) {
  detail::require_defined(base, exponent, "pow");
  const std::optional<double> number = number_in(exponent);
  if (!number) return elementwise<formula::Pow>(base, exponent);
  if (!is_floating_point(result_type(base, exponent))) {
    if (*number < 0)
      fail<ValueError>("pow: integers to the negative power {}; convert the base with to(float32)",
                       *number);
    return elementwise<formula::Pow>(base, exponent);
  }
  if (*number == 2 && is_floating_point(base.dtype())) return square(base);
  if (*number == 0.5) return sqrt(base);
  if (*number == -1) return reciprocal(base);
  return elementwise(base, formula::PowNumber{*number});
}

// ---- One argument ------------------------------------------------------------------------------

Tensor neg(Tensor x) { return elementwise<formula::Neg>(std::move(x)); }
Tensor abs(Tensor x) { return elementwise<formula::Abs>(std::move(x)); }
Tensor sign(Tensor x) { return elementwise<formula::Sign>(std::move(x)); }
Tensor exp(Tensor x) { return elementwise<formula::Exp>(std::move(x)); }
Tensor expm1(Tensor x) { return elementwise<formula::Expm1>(std::move(x)); }
Tensor log(Tensor x) { return elementwise<formula::Log>(std::move(x)); }
Tensor log1p(Tensor x) { return elementwise<formula::Log1p>(std::move(x)); }
Tensor sqrt(Tensor x) { return elementwise<formula::Sqrt>(std::move(x)); }
Tensor rsqrt(Tensor x) { return elementwise<formula::Rsqrt>(std::move(x)); }
Tensor reciprocal(Tensor x) { return elementwise<formula::Reciprocal>(std::move(x)); }
Tensor square(Tensor x) { return elementwise<formula::Square>(std::move(x)); }
Tensor sin(Tensor x) { return elementwise<formula::Sin>(std::move(x)); }
Tensor cos(Tensor x) { return elementwise<formula::Cos>(std::move(x)); }
Tensor tanh(Tensor x) { return elementwise<formula::Tanh>(std::move(x)); }
Tensor erf(Tensor x) { return elementwise<formula::Erf>(std::move(x)); }
Tensor sigmoid(Tensor x) { return elementwise<formula::Sigmoid>(std::move(x)); }
Tensor logsigmoid(Tensor x) { return elementwise<formula::LogSigmoid>(std::move(x)); }
Tensor relu(Tensor x) { return elementwise<formula::Relu>(std::move(x)); }
Tensor gelu(Tensor x) { return elementwise<formula::Gelu>(std::move(x)); }
Tensor silu(Tensor x) { return elementwise<formula::Silu>(std::move(x)); }

Tensor leaky_relu(Tensor x, double negative_slope) {
  return elementwise(std::move(x), formula::LeakyRelu{negative_slope});
}

Tensor elu(Tensor x, double alpha) { return elementwise(std::move(x), formula::Elu{alpha}); }

Tensor softplus(Tensor x, double beta, double threshold) {
  if (!(beta > 0)) fail<ValueError>("softplus: beta must be positive, not {}", beta);
  return elementwise(std::move(x), formula::Softplus{beta, threshold});
}

// ---- clamp -------------------------------------------------------------------------------------

namespace {

/// Clamp with tensor bounds: inside and at the bounds x has the gradient, outside the bound that
/// holds. Where min > max the result is max, which then has the gradient.
struct ClampTensor {
  static constexpr const char* name = "clamp_tensor";
  static constexpr Reads reads[] = {kA | kB | kC, kA | kB | kC, kA | kB | kC};
  static Tensor forward(const Tensor& x, const Tensor& low, const Tensor& high) {
    return minimum(maximum(x, low), high);
  }
  static Tensor vjp_a(const Tensor& g, const Tensor& x, const Tensor& low, const Tensor& high,
                      auto) {
    return where((x >= low) & (x <= high), g, 0);
  }
  static Tensor vjp_b(const Tensor& g, const Tensor& x, const Tensor& low, const Tensor& high,
                      auto) {
    return where((x < low) & (low <= high), g, 0);
  }
  static Tensor vjp_c(const Tensor& g, const Tensor& x, const Tensor& low, const Tensor& high,
                      auto) {
    return where((x > high) | (low > high), g, 0);
  }
};

}  // namespace

Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max) {
  detail::require_defined(x, "clamp");
  constexpr double inf = std::numeric_limits<double>::infinity();
  if (!min.defined() && !max.defined())
    fail<ValueError>("clamp: neither a minimum nor a maximum was given");
  const std::optional<double> low = min.defined() ? number_in(min) : -inf;
  const std::optional<double> high = max.defined() ? number_in(max) : inf;
  const DType dtype =
      detail::result_type({&x, min.defined() ? &min : &x, max.defined() ? &max : &x});
  if (low && high && is_floating_point(dtype)) {
    const Tensor y = elementwise(x.to(dtype), formula::Clamp{*low, *high});
    return detail::is_number(x) ? detail::as_number(y) : y;
  }
  for (const Tensor* bound : {&min, &max}) {
    if (bound->defined()) detail::broadcast(x.shape(), bound->shape(), "clamp");
  }
  if (!is_floating_point(dtype)) {
    const Tensor above = min.defined() ? maximum(x, min) : x;
    return max.defined() ? minimum(above, max) : above;
  }
  return apply(ClampTensor{}, x.to(dtype), min.defined() ? min.to(dtype) : full({}, -inf, dtype),
               max.defined() ? max.to(dtype) : full({}, inf, dtype));
}

// ---- In place ----------------------------------------------------------------------------------

namespace {

/// `other * alpha`, where `alpha` is given.
Tensor scaled(const Tensor& other, const Tensor& alpha, Change change) {
  detail::require_defined(other, "the second argument", change.name());
  return alpha.defined() ? other * alpha : other;
}

/// What `Op` is called in place: "add_".
template <class Op>
constexpr auto name_in_place = [] {
  constexpr std::size_t length = std::string_view(Op::name).size();
  std::array<char, length + 2> name{};
  std::copy_n(Op::name, length, name.begin());
  name[length] = '_';
  return name;
}();

template <class Op>
Change change_by() {
  static const Change change(name_in_place<Op>.data());
  return change;
}

template <class Op>
Tensor& in_place(Tensor& a, const Tensor& b) {
  const Op op;
  detail::run_in_place(elementwise_info<Op>, &op, a, b, change_by<Op>());
  return a;
}

}  // namespace

Tensor& Tensor::add_(const Tensor& other, const Tensor& alpha) & {
  return in_place<formula::Add>(*this, scaled(other, alpha, change_by<formula::Add>()));
}
Tensor& Tensor::sub_(const Tensor& other, const Tensor& alpha) & {
  return in_place<formula::Sub>(*this, scaled(other, alpha, change_by<formula::Sub>()));
}
Tensor& Tensor::mul_(const Tensor& other) & { return in_place<formula::Mul>(*this, other); }
Tensor& Tensor::div_(const Tensor& other) & { return in_place<formula::Div>(*this, other); }
Tensor& Tensor::clamp_(const Tensor& min, const Tensor& max) & {
  static const Change change("clamp_");
  detail::require_defined(*this, "clamp_");
  // The rules read the old value, so that a recorded call gets a copy of it.
  const bool recorded = detail::should_record(*this, min, max);
  detail::assign_in_place(*this, tapegrad::clamp(recorded ? clone() : *this, min, max), change);
  return *this;
}
Tensor& Tensor::copy_(const Tensor& source) & {
  static const Change change("copy_");
  detail::require_defined(*this, source, "copy_");
  // Any type may be copied into any other, as a conversion; a number takes the source's.
  detail::assign_in_place(*this, detail::is_number(*this) ? source : source.to(dtype()), change,
                          true);
  return *this;
}
Tensor& Tensor::fill_(const Tensor& value) & {
  static const Change change("fill_");
  detail::require_defined(*this, value, "fill_");
  if (value.numel() != 1)
    fail<ShapeError>("fill_: the value must be one number, not a tensor of shape {}",
                     value.shape());
  const Tensor scalar = value.dim() == 0 ? value : tapegrad::reshape(value, Shape());
  detail::assign_in_place(*this, detail::is_number(*this) ? scalar : scalar.to(dtype()), change,
                          true);
  return *this;
}
Tensor& Tensor::zero_() & {
  static const Change change("zero_");
  detail::require_defined(*this, "zero_");
  Tensor zero = zeros({}, dtype());
  if (detail::is_number(*this)) zero = detail::as_number(std::move(zero));
  detail::assign_in_place(*this, zero, change, true);
  return *this;
}

}  // namespace tapegrad
