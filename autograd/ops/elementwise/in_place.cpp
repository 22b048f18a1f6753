#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad {

using detail::Change;
using detail::elementwise_info;

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

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo overwrite_cases() {
  Draw draw;
  const auto copied = [](const Inputs& in) {
    Tensor x = square(in[0]);
    return x.copy_(in[1]) * 1;
  };
  return {"overwrite",
          {{"equal shapes", {draw({2, 3}), draw({2, 3})}, copied},
           {"a row", {draw({2, 3}), draw({3})}, copied},
           {"a number", {draw({2, 3}), draw({})}, copied}}};
}

}  // namespace detail

}  // namespace tapegrad
