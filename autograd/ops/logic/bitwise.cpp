#include "autograd/ops/logic/bitwise.h"

#include "autograd/base/fail.h"
#include "autograd/ops/core/broadcast_loop.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"

namespace tapegrad {

namespace {

using detail::Impl;

/// An operator `F` on the bits of two integers.
template <class F>
struct OfBits : F {
  static constexpr int inputs = 2;
  static constexpr unsigned cut = Impl::kCutByRounding;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr NoOnnx onnx{"ONNX 17 has no operators on bits of signed integers"};
  static Tensor forward(const Tensor& a, const Tensor& b) {
    const Tensor x = detail::converted(a, int64), y = detail::converted(b, int64);
    const Tensor result =
        detail::new_tensor(detail::broadcast(a.shape(), b.shape(), F::name), int64);
    detail::launch_broadcast<std::int64_t>(
        F::name, {x, y}, result,
        [](const kernels::Operand* in, std::int64_t* out, std::int64_t rows, std::int64_t columns) {
          const auto at = [&](int k, std::int64_t row, std::int64_t column) {
            return static_cast<const std::int64_t*>(
                in[k].data)[row * in[k].outer + column * in[k].inner];
          };
          for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t c = 0; c < columns; ++c) *out++ = F::of(at(0, r, c), at(1, r, c));
        });
    return result;
  }
};

struct BitwiseAnd {
  static constexpr const char* name = "bitwise_and";
  static std::int64_t of(std::int64_t a, std::int64_t b) { return a & b; }
};
struct BitwiseOr {
  static constexpr const char* name = "bitwise_or";
  static std::int64_t of(std::int64_t a, std::int64_t b) { return a | b; }
};
struct BitwiseXor {
  static constexpr const char* name = "bitwise_xor";
  static std::int64_t of(std::int64_t a, std::int64_t b) { return a ^ b; }
};
struct LeftShift {
  static constexpr const char* name = "bitwise_left_shift";
  static std::int64_t of(std::int64_t a, std::int64_t b) { return b >= 0 && b < 64 ? a << b : 0; }
};
struct RightShift {
  static constexpr const char* name = "bitwise_right_shift";
  static std::int64_t of(std::int64_t a, std::int64_t b) {
    return a >> (b >= 0 && b < 64 ? b : 63);
  }
};

/// Checks that all are integers or truth values.
void require_bits(std::initializer_list<const Tensor*> operands, const char* name) {
  for (const Tensor* each : operands)
    if (is_floating_point(each->dtype()))
      fail<DTypeError>(
          "{}: needs integers or truth values, not a {} tensor; convert it with to(int64)", name,
          each->dtype());
}

template <class F>
Tensor of_bits(const Tensor& a, const Tensor& b, Tensor (*on_bool)(const Tensor&, const Tensor&)) {
  detail::require_defined(a, b, F::name);
  require_bits({&a, &b}, F::name);
  detail::broadcast(a.shape(), b.shape(), F::name);
  if (a.dtype() != boolean || b.dtype() != boolean) return apply(OfBits<F>{}, a, b);
  if (on_bool) return on_bool(a, b);
  fail<DTypeError>("{}: truth values have no bits to shift; convert one of the two with to(int64)",
                   F::name);
}

}  // namespace

Tensor bitwise_and(const Tensor& a, const Tensor& b) {
  return of_bits<BitwiseAnd>(a, b, logical_and);
}
Tensor bitwise_or(const Tensor& a, const Tensor& b) { return of_bits<BitwiseOr>(a, b, logical_or); }
Tensor bitwise_xor(const Tensor& a, const Tensor& b) {
  return of_bits<BitwiseXor>(a, b, logical_xor);
}
Tensor bitwise_not(const Tensor& x) {
  detail::require_defined(x, "bitwise_not");
  require_bits({&x}, "bitwise_not");
  return x.dtype() == boolean ? logical_not(x) : apply(OfBits<BitwiseXor>{}, x, Tensor(-1));
}
Tensor bitwise_left_shift(const Tensor& a, const Tensor& b) {
  return of_bits<LeftShift>(a, b, nullptr);
}
Tensor bitwise_right_shift(const Tensor& a, const Tensor& b) {
  return of_bits<RightShift>(a, b, nullptr);
}

}  // namespace tapegrad
