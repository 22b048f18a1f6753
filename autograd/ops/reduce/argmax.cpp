#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

namespace {

/// True when `next` takes the place of `best`: NaN is both the largest and the smallest, the first
/// one wins.
template <bool largest, class T>
bool beats(T next, T best) {
  if (best != best) return false;
  return next != next || (largest ? next > best : next < best);
}

/// Index of the largest or smallest entry of the dimension.
template <bool largest>
constexpr auto find_best = []<class T>(const T* x, std::int64_t* to, detail::AroundDim around) {
  const auto [outer, n, inner] = around;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < inner; ++i) {
      const T* column = x + o * n * inner + i;
      std::int64_t best = 0;
      for (std::int64_t j = 1; j < n; ++j) {
        if (beats<largest>(column[j * inner], column[best * inner])) best = j;
      }
      *to++ = best;
    }
  }
};

/// Where in dimension `dim` the largest or smallest entry stands.
template <bool largest>
struct ArgmaxOrArgmin {
  static constexpr const char* name = largest ? "argmax" : "argmin";
  static constexpr int inputs = 1;
  static constexpr unsigned cut = detail::Impl::kCutByChoice;
  static constexpr Leading leading = Leading::shift;
  int dim;
  bool keepdim;
  static constexpr void visit(auto& op, auto f) {
    f("dim", op.dim);
    f("keepdim", op.keepdim);
  }
  static std::string onnx(const ArgmaxOrArgmin& op, std::span<const Tensor* const> in) {
    // ONNX has no order of truth values.
    const DType dtype = in[0]->dtype();
    const std::string x = detail::onnx_cast("a", dtype, dtype == boolean ? int64 : dtype);
    return fmt::format("y = {}<axis={{dim}}, keepdims={}>({})", largest ? "ArgMax" : "ArgMin",
                       int{op.keepdim && in[0]->dim() > 0},
                       in[0]->dim() > 0 ? x : fmt::format("Reshape({}, [1])", x));
  }
  Tensor forward(const Tensor& x) const {
    Shape shape = x.shape();
    const detail::AroundDim around(shape, dim);
    if (shape.rank() > 0) {
      if (keepdim)
        shape[dim] = 1;
      else
        shape.erase(dim);
    }
    const Tensor result = detail::new_tensor(shape, int64);
    visit_dtype(x.dtype(), [&]<class T>(T) {
      detail::launch(name, find_best<largest>, detail::in<T>(x), detail::out<std::int64_t>(result),
                     around);
    });
    return result;
  }
};

template <bool largest>
Tensor argmax_or_argmin(const Tensor& x, int dim, bool keepdim, const char* name) {
  detail::require_defined(x, name);
  const int d = detail::normal_dim(dim, x.dim(), name);
  if (detail::AroundDim(x.shape(), d).size == 0)
    detail::fail_nothing_to_choose(x.shape(), dim, name);
  return apply(ArgmaxOrArgmin<largest>{d, keepdim}, x);
}

/// Over all elements.
template <bool largest>
Tensor argmax_or_argmin(const Tensor& x, const char* name) {
  detail::require_defined(x, name);
  return argmax_or_argmin<largest>(reshape(x, x.numel()), 0, false, name);
}

/// Values at their indices: the gradient goes where the index points.
template <bool largest>
ValuesAndIndices max_or_min(const Tensor& x, int dim, bool keepdim, const char* name) {
  const Tensor indices = argmax_or_argmin<largest>(x, dim, true, name);
  const Tensor values = gather(x, x.dim() == 0 ? 0 : dim, indices);
  if (keepdim || x.dim() == 0) return {values, indices};
  return {squeeze(values, dim), squeeze(indices, dim)};
}

}  // namespace

Tensor argmax(const Tensor& x) { return argmax_or_argmin<true>(x, "argmax"); }
Tensor argmin(const Tensor& x) { return argmax_or_argmin<false>(x, "argmin"); }
Tensor argmax(const Tensor& x, int dim, Flag keepdim) {
  return argmax_or_argmin<true>(x, dim, keepdim, "argmax");
}
Tensor argmin(const Tensor& x, int dim, Flag keepdim) {
  return argmax_or_argmin<false>(x, dim, keepdim, "argmin");
}
ValuesAndIndices max(const Tensor& x, int dim, Flag keepdim) {
  return max_or_min<true>(x, dim, keepdim, "max");
}
ValuesAndIndices min(const Tensor& x, int dim, Flag keepdim) {
  return max_or_min<false>(x, dim, keepdim, "min");
}

}  // namespace tapegrad
