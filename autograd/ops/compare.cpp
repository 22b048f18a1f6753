#include <cmath>
#include <functional>

#include "autograd/ops/broadcast_loop.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

namespace {

using detail::broadcast_loop;
using detail::data_of;
using detail::fresh_data;
using detail::Impl;
using detail::new_tensor;

/// Element `i` of row `o` of a broadcast operand.
template <class T>
T element(const kernels::Operand& operand, std::int64_t o, std::int64_t i) {
  return static_cast<const T*>(operand.data)[o * operand.outer + i * operand.inner];
}

/// A row of `f(a, b)`; the usual strides are known to the compiler, so that it can vectorise.
template <class T, class F>
void compare_row(const T* a, std::int64_t step_a, const T* b, std::int64_t step_b, bool* out,
                 std::int64_t n, F f) {
  if (step_a == 1 && step_b == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
  } else if (step_a == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], *b);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(*a, b[i * step_b]);
  }
}

/// A bool tensor of `f(a, b)` for operands of type `T`.
template <class T, class F>
Tensor compare_elements(const Tensor& a, const Tensor& b, const char* name, F f) {
  Tensor result = detail::allocating_for(
      name, [&] { return new_tensor(detail::broadcast(a.shape(), b.shape(), name), boolean); });
  broadcast_loop(
      result.shape(), {a.impl(), b.impl()},
      [&](const kernels::Operand* in, std::int64_t first, std::int64_t rows, std::int64_t columns) {
        bool* out = fresh_data<bool>(result) + first;
        for (std::int64_t r = 0; r < rows; ++r) {
          compare_row(static_cast<const T*>(in[0].data) + r * in[0].outer, in[0].inner,
                      static_cast<const T*>(in[1].data) + r * in[1].outer, in[1].inner,
                      out + r * columns, columns, f);
        }
      });
  return result;
}

/// The same for operands of any type, converted to their common one.
template <class F>
Tensor compare(const Tensor& a, const Tensor& b, const char* name, F f) {
  detail::require_defined(a, b, name);
  const DType dtype = result_type(a, b);
  const Tensor x = detail::converted(a, dtype);
  const Tensor y = detail::converted(b, dtype);
  const Tensor result =
      visit_dtype(dtype, [&]<class T>(T) { return compare_elements<T>(x, y, name, f); });
  detail::note_cut(result, Impl::kCutByRounding, {&a, &b});
  return result;
}

/// The same of `f(b, a)`, with errors that name the operands in the order of the call.
template <class F>
Tensor compare_swapped(const Tensor& a, const Tensor& b, const char* name, F f) {
  detail::require_defined(a, b, name);
  detail::broadcast(a.shape(), b.shape(), name);
  return compare(b, a, name, f);
}

/// The same for truth values.
template <class F>
Tensor combine(const Tensor& a, const Tensor& b, const char* name, F f) {
  detail::require_defined(a, b, name);
  const Tensor result =
      compare_elements<bool>(detail::converted(a, boolean), detail::converted(b, boolean), name, f);
  detail::note_cut(result, Impl::kCutByRounding, {&a, &b});
  return result;
}

/// Copies elements of `a` or `b`; by size, since bits are only moved.
template <class Bits>
void select_rows(const kernels::Operand* in, Bits* out, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t o = 0; o < rows; ++o) {
    const auto* condition = static_cast<const bool*>(in[0].data) + o * in[0].outer;
    const auto* a = static_cast<const Bits*>(in[1].data) + o * in[1].outer;
    const auto* b = static_cast<const Bits*>(in[2].data) + o * in[2].outer;
    for (std::int64_t i = 0; i < columns; ++i) {
      const Bits chosen_a = a[i * in[1].inner];
      const Bits chosen_b = b[i * in[2].inner];
      *out++ = condition[i * in[0].inner] ? chosen_a : chosen_b;
    }
  }
}

/// Selection by a mask. The rules select too: NaN in the branch not taken never leaks.
struct Where {
  static constexpr const char* name = "where";
  static constexpr Reads reads[] = {kNone, kA, kA};
  static constexpr Reads constant = kA;
  static Tensor forward(const Tensor& condition, const Tensor& a, const Tensor& b) {
    const Shape shape =
        detail::broadcast(condition.shape(), detail::broadcast(a.shape(), b.shape(), name), name);
    Tensor result = new_tensor(shape, a.dtype());
    broadcast_loop(
        shape, {condition.impl(), a.impl(), b.impl()},
        [&](const kernels::Operand* in, std::int64_t first, std::int64_t rows,
            std::int64_t columns) {
          switch (size_of(a.dtype())) {
            case 1:
              return select_rows(in, fresh_data<std::uint8_t>(result) + first, rows, columns);
            case 4:
              return select_rows(in, fresh_data<std::uint32_t>(result) + first, rows, columns);
            default:
              return select_rows(in, fresh_data<std::uint64_t>(result) + first, rows, columns);
          }
        });
    return result;
  }
  static Tensor vjp_b(const Tensor& g, const Tensor& condition, auto, auto, auto) {
    return where(condition, g, 0);
  }
  static Tensor vjp_c(const Tensor& g, const Tensor& condition, auto, auto, auto) {
    return where(condition, 0, g);
  }
};

}  // namespace

// Three comparisons make the six, and the tests for NaN and infinity.
Tensor eq(const Tensor& a, const Tensor& b) { return compare(a, b, "eq", std::equal_to<>()); }
Tensor ne(const Tensor& a, const Tensor& b) {
  return logical_not(compare(a, b, "ne", std::equal_to<>()));
}
Tensor lt(const Tensor& a, const Tensor& b) { return compare(a, b, "lt", std::less<>()); }
Tensor le(const Tensor& a, const Tensor& b) { return compare(a, b, "le", std::less_equal<>()); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare_swapped(a, b, "gt", std::less<>()); }
Tensor ge(const Tensor& a, const Tensor& b) {
  return compare_swapped(a, b, "ge", std::less_equal<>());
}

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return combine(a, b, "logical_and", std::bit_and<>());
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  return combine(a, b, "logical_or", std::bit_or<>());
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return combine(a, b, "logical_xor", std::bit_xor<>());
}
Tensor logical_not(const Tensor& x) {
  detail::require_defined(x, "logical_not");
  return logical_xor(x, true);
}
Tensor isnan(const Tensor& x) {
  detail::require_defined(x, "isnan");
  return ne(x, x);
}
Tensor isfinite(const Tensor& x) {
  detail::require_defined(x, "isfinite");
  const NoGrad no_grad;
  const Tensor number = is_floating_point(x.dtype()) ? x : x.to(int64);
  return eq(number - number, 0);
}
Tensor isinf(const Tensor& x) {
  detail::require_defined(x, "isinf");
  return logical_and(eq(x, x), logical_not(isfinite(x)));
}

Tensor any(const Tensor& x) {
  detail::require_defined(x, "any");
  const Tensor truth = detail::converted(x, boolean);
  Tensor result = new_tensor({}, boolean);
  const bool* data = data_of<bool>(truth);
  *fresh_data<bool>(result) = std::find(data, data + truth.numel(), true) != data + truth.numel();
  return result;
}

Tensor all(const Tensor& x) {
  detail::require_defined(x, "all");
  return logical_not(any(logical_not(x)));
}

bool equal(const Tensor& a, const Tensor& b) {
  detail::require_defined(a, b, "equal");
  return a.shape() == b.shape() && a.dtype() == b.dtype() && all(eq(a, b)).item<bool>();
}

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, Flag equal_nan) {
  detail::require_defined(a, b, "allclose");
  if (a.shape() != b.shape()) return false;
  const NoGrad no_grad;
  const Tensor x = a.to(float64);
  const Tensor y = b.to(float64);
  Tensor close = (x == y) | (isfinite(y) & (abs(x - y) <= atol + rtol * abs(y)));
  if (equal_nan) close = close | (isnan(x) & isnan(y));
  return all(close).item<bool>();
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  detail::require_defined(condition, "the first argument", "where");
  detail::require_defined(a, "the second argument", "where");
  detail::require_defined(b, "the third argument", "where");
  if (condition.dtype() != boolean)
    fail<DTypeError>("where: the condition must be bool, not {}; write x != 0", condition.dtype());
  const DType dtype = detail::result_type({&condition, &a, &b});
  const Tensor y = apply(Where{}, condition, a.to(dtype), b.to(dtype));
  const bool numbers = detail::is_number(condition) && detail::is_number(a) && detail::is_number(b);
  return numbers ? detail::as_number(y) : y;
}

}  // namespace tapegrad
