#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/ops/selection.h"
#include "autograd/tape/record.h"

namespace tapegrad {

namespace {

using detail::data_of;
using detail::fresh_data;

/// True when `next` takes the place of `best`: NaN is both the largest and the smallest, the first
/// one wins.
template <bool largest, class T>
bool beats(T next, T best) {
  if (best != best) return false;
  return next != next || (largest ? next > best : next < best);
}

/// Index of the largest or smallest entry of the dimension.
template <bool largest, class T>
void find_best(const T* x, std::int64_t* out, const detail::AroundDim& around) {
  const auto [outer, n, inner] = around;
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < inner; ++i) {
      const T* column = x + o * n * inner + i;
      std::int64_t best = 0;
      for (std::int64_t j = 1; j < n; ++j) {
        if (beats<largest>(column[j * inner], column[best * inner])) best = j;
      }
      *out++ = best;
    }
  }
}

template <bool largest>
Tensor argmax_or_argmin(const Tensor& x, int dim, bool keepdim, const char* name) {
  detail::require_defined(x, name);
  const int d = detail::normal_dim(dim, x.dim(), name);
  Shape shape = x.shape();
  const detail::AroundDim around(shape, d);
  if (around.size == 0) detail::fail_nothing_to_choose(shape, dim, name);
  if (shape.rank() > 0) {
    if (keepdim)
      shape[d] = 1;
    else
      shape.erase(d);
  }
  Tensor result = detail::allocating_for(name, [&] { return detail::new_tensor(shape, int64); });
  detail::note_cut(result, detail::Impl::kCutByChoice, {&x});
  visit_dtype(x.dtype(), [&]<class T>(T) {
    find_best<largest>(data_of<T>(x), fresh_data<std::int64_t>(result), around);
  });
  return result;
}

/// Over all elements.
template <bool largest>
Tensor argmax_or_argmin(const Tensor& x, const char* name) {
  detail::require_defined(x, name);
  const Tensor flat = detail::view_of(x, Shape(x.numel()));
  const Tensor result = argmax_or_argmin<largest>(flat, 0, false, name);
  detail::note_cut(result, detail::Impl::kCutByChoice, {&x});
  return result;
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
