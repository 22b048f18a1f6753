#include <algorithm>
#include <cmath>

#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/order/ranks.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

using detail::AroundDim;

namespace {

/// What a scan makes of the result so far and the next element.
/// @{
struct Plus {
  static auto next(auto so_far, auto, auto x) { return so_far + x; }
};
struct Times {
  static auto next(auto so_far, auto, auto x) { return so_far * x; }
};
struct Recur {
  /// A factor of 0 wins over what became too large.
  static auto next(auto so_far, auto factor, auto x) {
    if constexpr (std::is_floating_point_v<decltype(so_far)>)
      if (factor == 0 && std::isinf(so_far)) return x;
    return factor * so_far + x;
  }
};
/// @}

/// Results so far are in double precision. Columns go side by side, a few at a time.
template <class Step, class T>
constexpr auto scan_kernel = [](const T* factor, const T* x, T* y, AroundDim around, bool reverse) {
  using Wide = std::conditional_t<std::is_floating_point_v<T>, double, T>;
  constexpr std::int64_t kColumns = 32;
  const auto [outer, n, inner] = around;
  const std::int64_t step = reverse ? -inner : inner;
  if (inner == 1) {  // the result so far in a register
    for (std::int64_t o = 0; n > 0 && o < outer; ++o) {
      std::int64_t at = o * n + (reverse ? n - 1 : 0);
      auto so_far = static_cast<Wide>(x[at]);
      y[at] = x[at];
      for (std::int64_t j = 1; j < n; ++j) {
        at += step;
        so_far = Step::next(so_far, static_cast<Wide>(factor ? factor[at] : T()),
                            static_cast<Wide>(x[at]));
        y[at] = static_cast<T>(so_far);
      }
    }
    return;
  }
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t start = 0; start < inner; start += kColumns) {
      const std::int64_t columns = std::min(kColumns, inner - start);
      std::int64_t at = o * n * inner + (reverse ? (n - 1) * inner : 0) + start;
      Wide so_far[kColumns];
      for (std::int64_t j = 0; j < n; ++j, at += step) {
        for (std::int64_t i = 0; i < columns; ++i) {
          const auto next = static_cast<Wide>(x[at + i]);
          so_far[i] = j == 0 ? next
                             : Step::next(so_far[i],
                                          static_cast<Wide>(factor ? factor[at + i] : T()), next);
          y[at + i] = static_cast<T>(so_far[i]);
        }
      }
    }
  }
};

/// `factors` may be undefined.
template <class Step>
Tensor scan(const char* name, const Tensor& factors, const Tensor& x, int dim, bool reverse) {
  const Tensor y = detail::new_tensor_like(x, x.dtype());
  const auto run = [&]<class T>(T) {
    detail::launch(name, scan_kernel<Step, T>, detail::in<T>(factors), detail::in<T>(x),
                   detail::out<T>(y), AroundDim(x.shape(), dim), reverse);
  };
  if (x.dtype() == int64)
    run(std::int64_t());
  else
    visit_floating(x.dtype(), run);
  return y;
}

/// Each entry one place further along `dim`, or one back; what has none before it gets `filler`.
Tensor shifted(const Tensor& x, int dim, bool back, double filler = 0) {
  const std::int64_t n = x.shape()[dim];
  if (n == 0) return x;
  const Tensor none = full(x.shape().with_size(dim, 1), filler, x.dtype());
  const Tensor rest = narrow(x, dim, back ? 1 : 0, n - 1);
  return back ? cat({rest, none}, dim) : cat({none, rest}, dim);
}

struct CumSum {
  static constexpr const char* name = "cumsum";
  static constexpr Sparsity sparsity = Sparsity::index;
  static constexpr Leading leading = Leading::shift;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone};
  int dim;
  bool reverse;  ///< from the end
  static constexpr void visit(auto& op, auto f) {
    f("dim", op.dim);
    f("reverse", op.reverse);
  }
  static std::string onnx(const CumSum& op, std::span<const Tensor* const>) {
    return fmt::format("y = CumSum<reverse={}>(a, Squeeze([{}]))", int{op.reverse}, op.dim);
  }
  Tensor forward(const Tensor& x) const { return scan<Plus>(name, {}, x, dim, reverse); }
  Tensor vjp(const Tensor& g, auto, auto) const { return apply(CumSum{dim, !reverse}, g); }
};

/// y[i] = a[i] y[i - 1] + b[i] along `dim`, from the end where `reverse`; a of the first is not
/// read. Its rules are scans of this kind the other way.
struct LinearScan {
  static constexpr const char* name = "linear_scan";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA | kY, kA};
  static constexpr NoOnnx onnx{"a recurrence along a dimension would be a loop"};
  int dim;
  bool reverse;
  static constexpr void visit(auto& op, auto f) {
    f("dim", op.dim);
    f("reverse", op.reverse);
  }
  Tensor forward(const Tensor& a, const Tensor& b) const {
    detail::require_floating(a, name);
    detail::require_same_type("second argument", b.dtype(), "first", a.dtype(), name);
    return scan<Recur>(name, a, b, dim, reverse);
  }
  Tensor before(const Tensor& y) const { return shifted(y, dim, reverse); }
  Tensor vjp_a(const Tensor& g, const Tensor& a, auto, const Tensor& y) const {
    return vjp_b(g, a, NotSaved(), NotSaved()) * before(y);
  }
  Tensor vjp_b(const Tensor& g, const Tensor& a, auto, auto) const {
    return apply(LinearScan{dim, !reverse}, shifted(a, dim, !reverse), g);
  }
  Tensor jvp_a(const Tensor& t, const Tensor& a, const Tensor&, const Tensor& y) const {
    return apply(*this, a, t * before(y));
  }
  Tensor jvp_b(const Tensor& t, const Tensor& a, const Tensor&, const Tensor&) const {
    return apply(*this, a, t);
  }
};

/// dx[i] is the product before i times r[i] = g[i] + x[i + 1] r[i + 1]. One may be too small and the
/// other too large for float32 where dx is not, so that the rules compute with float64.
struct CumProd {
  static constexpr const char* name = "cumprod";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA};
  static constexpr NoOnnx onnx{"ONNX has running sums, but no running products"};
  int dim;
  static constexpr void visit(auto& op, auto f) { f("dim", op.dim); }
  Tensor forward(const Tensor& x) const { return scan<Times>(name, {}, x, dim, false); }
  Tensor before(const Tensor& x) const { return shifted(apply(CumProd{dim}, x), dim, false, 1); }
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const {
    const Tensor wide = x.to(float64), product = before(wide);
    const Tensor r = apply(LinearScan{dim, true}, shifted(wide, dim, true), g.to(float64));
    // What an exact 0 comes before counts nothing, be it too large for float64, too.
    return (product * where((product == 0) & isinf(r), 0, r)).to(x.dtype());
  }
  Tensor jvp(const Tensor& t, const Tensor& x, const Tensor&) const {
    const Tensor wide = x.to(float64);
    return apply(LinearScan{dim, false}, wide, t.to(float64) * before(wide)).to(x.dtype());
  }
};

/// With the largest element m[i] up to i: y[i] = m[i] + log(s[i]), where s[i] = e[i] + decay[i]
/// s[i - 1], e[i] = exp(x[i] - m[i]), decay[i] = exp(m[i - 1] - m[i]). All of these are at most 1
/// but s, which is at least 1: nothing overflows, and a large common offset costs no digits.
struct LogCumSumExp {
  static constexpr const char* name = "logcumsumexp";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::shift;
  static constexpr Reads reads[] = {kA};
  static constexpr NoOnnx onnx{"ONNX has running sums, but no running maxima to take from them"};
  int dim;
  static constexpr void visit(auto& op, auto f) { f("dim", op.dim); }

  struct Parts {
    Tensor largest, decay, e, s;
  };
  /// Where the largest is infinite, elements that equal it count 1, and of -inf none.
  Parts parts(const Tensor& x) const {
    const Tensor largest = cummax(x.detach(), dim).values;
    const Tensor infinite = isinf(largest);
    const Tensor chosen = ((x == largest) & (largest > 0)).to(x.dtype());
    const Tensor e = where(infinite, chosen, exp(where(infinite, 0, x - largest)));
    const Tensor last = shifted(largest, dim, false);
    const Tensor decay = exp(where(last == largest, 0, last - largest));
    const Tensor s = apply(LinearScan{dim, false}, decay, e);
    return {largest, decay, e, where(s == 0, 1, s)};
  }
  Tensor forward(const Tensor& x) const {
    const Parts p = parts(x);
    return p.largest + log(p.s);
  }
  Tensor vjp(const Tensor& g, const Tensor& x, auto) const {
    const Parts p = parts(x);
    return apply(LinearScan{dim, true}, shifted(p.decay, dim, true), g / p.s) * p.e;
  }
  Tensor jvp(const Tensor& t, const Tensor& x, const Tensor&) const {
    const Parts p = parts(x);
    return apply(LinearScan{dim, false}, p.decay, t * p.e) / p.s;
  }
};

/// `apply(Op{dim, ...}, x)`, of a number as of a vector.
template <class Op, class... Options>
Tensor scanned(const Tensor& x, int dim, Options... options) {
  const int d = detail::normal_dim(dim, x.dim(), Op::name);
  if (x.dim() == 0) return reshape(apply(Op{d, options...}, atleast_1d(x)), {});
  return apply(Op{d, options...}, x);
}

/// int64 and bool count as int64.
Tensor summable(const Tensor& x, const char* name) {
  detail::require_defined(x, name);
  return is_floating_point(x.dtype()) ? x : x.to(int64);
}

}  // namespace

Tensor cumsum(const Tensor& x, int dim) {
  return scanned<CumSum>(summable(x, "cumsum"), dim, false);
}

Tensor cumprod(const Tensor& x, int dim) { return scanned<CumProd>(summable(x, "cumprod"), dim); }

Tensor logcumsumexp(const Tensor& x, int dim) {
  detail::require_floating(x, "logcumsumexp");
  return scanned<LogCumSumExp>(x, dim);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

namespace {

OperatorInfo scan_cases(const char* name, Tensor (*f)(const Tensor&, int),
                        Invariance scale = Invariance::unsaid,
                        Invariance offset = Invariance::unsaid) {
  Draw draw;
  return {name,
          {{"last dimension", {draw({2, 4})}, [f](const Inputs& in) { return f(in[0], -1); }},
           {"first of three", {draw({3, 2, 2})}, [f](const Inputs& in) { return f(in[0], 0); }},
           {"a number", {draw({})}, [f](const Inputs& in) { return f(in[0], 0); }},
           {"nothing", {draw({2, 0})}, [f](const Inputs& in) { return f(in[0], 1); }}},
          scale,
          offset};
}

}  // namespace

OperatorInfo cumsum_cases() { return scan_cases("cumsum", cumsum, Invariance::follows); }

OperatorInfo cumprod_cases() {
  OperatorInfo info = scan_cases("cumprod", cumprod);
  info.cases.push_back(
      {"zeros",
       {tensor({{2.0, 0.0, 3.0, 4.0}, {0.0, 3.0, 0.0, 5.0}}, float64).requires_grad_()},
       [](const Inputs& in) { return cumprod(in[0], 1); }});
  return info;
}

OperatorInfo linear_scan_cases() {
  Draw draw;
  OperatorInfo info{"linear_scan", {}};
  for (const bool reverse : {false, true})
    info.cases.push_back({reverse ? "from the end" : "rows",
                          {draw({2, 4}), draw({2, 4})},
                          [reverse](const Inputs& in) {
                            require_defined(in[0], in[1], "linear_scan");
                            return apply(LinearScan{1, reverse}, in[0], in[1]);
                          }});
  return info;
}

OperatorInfo logcumsumexp_cases() {
  return scan_cases("logcumsumexp", logcumsumexp, Invariance::unsaid, Invariance::follows);
}

}  // namespace detail

}  // namespace tapegrad
