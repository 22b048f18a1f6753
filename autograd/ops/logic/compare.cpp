#include <functional>

#include "autograd/ops/core/broadcast_loop.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/logic/shared.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"

namespace tapegrad {

namespace {

using detail::Impl;
using detail::launch_broadcast;
using detail::new_tensor;

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

/// A bool tensor of `F()(a, b)` for operands of type `T`.
template <class F, class T>
constexpr auto compare_rows =
    [](const kernels::Operand* in, bool* out, std::int64_t rows, std::int64_t columns) {
      for (std::int64_t r = 0; r < rows; ++r) {
        compare_row(static_cast<const T*>(in[0].data) + r * in[0].outer, in[0].inner,
                    static_cast<const T*>(in[1].data) + r * in[1].outer, in[1].inner,
                    out + r * columns, columns, F());
      }
    };

/// A comparison `F`, of operands of any type, converted to their common one, or, of truth values.
template <class F>
struct Comparison : F {
  static constexpr int inputs = 2;
  static constexpr unsigned cut = Impl::kCutByRounding;
  static constexpr Leading leading = Leading::broadcast;
  static std::string onnx(const Comparison&, std::span<const Tensor* const> in) {
    DType dtype = F::truth ? boolean : result_type(*in[0], *in[1]);
    if (F::ordered && dtype == boolean) dtype = int64;  // ONNX has no order of truth values
    return fmt::format("y = {}({}, {})", F::in_onnx, detail::onnx_cast("a", in[0]->dtype(), dtype),
                       detail::onnx_cast("b", in[1]->dtype(), dtype));
  }
  static Tensor forward(const Tensor& a, const Tensor& b) {
    const DType dtype = F::truth ? boolean : result_type(a, b);
    const Tensor x = detail::converted(a, dtype), y = detail::converted(b, dtype);
    const Tensor result = new_tensor(detail::broadcast(a.shape(), b.shape(), F::name), boolean);
    const auto run = [&]<class T>(T) {
      launch_broadcast<bool>(F::name, {x, y}, result, compare_rows<typename F::Function, T>);
    };
    if constexpr (F::truth)
      run(bool());
    else
      visit_dtype(dtype, run);
    return result;
  }
};

struct Eq {
  static constexpr const char* name = "eq";
  static constexpr const char* in_onnx = "Equal";
  static constexpr bool truth = false, ordered = false;
  using Function = std::equal_to<>;
};
struct Lt {
  static constexpr const char* name = "lt";
  static constexpr const char* in_onnx = "Less";
  static constexpr bool truth = false, ordered = true;
  using Function = std::less<>;
};
struct Le {
  static constexpr const char* name = "le";
  static constexpr const char* in_onnx = "LessOrEqual";
  static constexpr bool truth = false, ordered = true;
  using Function = std::less_equal<>;
};
struct LogicalAnd {
  static constexpr const char* name = "logical_and";
  static constexpr const char* in_onnx = "And";
  static constexpr bool truth = true, ordered = false;
  using Function = std::bit_and<>;
};
struct LogicalOr {
  static constexpr const char* name = "logical_or";
  static constexpr const char* in_onnx = "Or";
  static constexpr bool truth = true, ordered = false;
  using Function = std::bit_or<>;
};
struct LogicalXor {
  static constexpr const char* name = "logical_xor";
  static constexpr const char* in_onnx = "Xor";
  static constexpr bool truth = true, ordered = false;
  using Function = std::bit_xor<>;
};

template <class F>
Tensor compare(const Tensor& a, const Tensor& b, const char* name) {
  detail::require_defined(a, b, name);
  return apply(Comparison<F>{}, a, b);
}

/// The same of `F()(b, a)`, with errors that name the operands in the order of the call.
template <class F>
Tensor compare_swapped(const Tensor& a, const Tensor& b, const char* name) {
  detail::require_defined(a, b, name);
  detail::broadcast(a.shape(), b.shape(), name);
  return apply(Comparison<F>{}, b, a);
}

/// Whether one element is true.
struct Any {
  static constexpr const char* name = "any";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = Impl::kCutByRounding;
  static constexpr const char* onnx =
      "y = Cast<to=9>(ReduceSum<keepdims=0>(Cast<to=7>(Cast<to=9>(a))))";
  static Tensor forward(const Tensor& x) {
    const Tensor truth = detail::converted(x, boolean);
    const Tensor result = new_tensor({}, boolean);
    detail::launch(
        name,
        [](const bool* data, bool* to, std::int64_t n) {
          *to = std::find(data, data + n, true) != data + n;
        },
        detail::in<bool>(truth), detail::out<bool>(result), truth.numel());
    return result;
  }
  static Tensor batched(const Batch& in) {
    const Tensor truth = in[0].to(boolean);
    Dims dims{1};
    for (int d = 2; d < truth.dim(); ++d) dims.push_back(d);
    return sum(truth.dim() == 1 ? unsqueeze(truth, 1) : truth, dims) != 0;
  }
};

}  // namespace

// Three comparisons make the six, and the tests for NaN and infinity.
Tensor eq(const Tensor& a, const Tensor& b) { return compare<Eq>(a, b, "eq"); }
Tensor ne(const Tensor& a, const Tensor& b) {
  detail::require_defined(a, b, "ne");
  detail::broadcast(a.shape(), b.shape(), "ne");
  return logical_not(eq(a, b));
}
Tensor lt(const Tensor& a, const Tensor& b) { return compare<Lt>(a, b, "lt"); }
Tensor le(const Tensor& a, const Tensor& b) { return compare<Le>(a, b, "le"); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare_swapped<Lt>(a, b, "gt"); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare_swapped<Le>(a, b, "ge"); }

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return compare<LogicalAnd>(a, b, "logical_and");
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  return compare<LogicalOr>(a, b, "logical_or");
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return compare<LogicalXor>(a, b, "logical_xor");
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
  return apply(Any{}, x);
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
  return all(detail::closeness(a, b, rtol, atol, equal_nan)).item<bool>();
}

Tensor detail::closeness(const Tensor& a, const Tensor& b, double rtol, double atol,
                         Flag equal_nan) {
  const NoGrad no_grad;
  const Tensor x = a.to(float64), y = b.to(float64);
  const Tensor close = (x == y) | (isfinite(y) & (abs(x - y) <= atol + rtol * abs(y)));
  return equal_nan ? close | (isnan(x) & isnan(y)) : close;
}

}  // namespace tapegrad
