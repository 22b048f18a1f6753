#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/linalg/decompose.h"
#include "autograd/linalg/eigen/dense.h"

namespace tapegrad::detail {

void require_finite(const Tensor& x, const char* name) {
  const std::int64_t size = x.shape()[-2] * x.shape().back();
  visit_floating(x.dtype(), [&]<class T>(T) {
    const Fault fault = launch(
        "require_finite",
        [](const T* value, std::int64_t n, std::int64_t whole) {
          for (std::int64_t i = 0; i < n; ++i)
            if (!std::isfinite(value[i])) return Fault{i / whole, i % whole};
          return Fault{-1, 0};
        },
        in<T>(x), x.numel(), size);
    if (fault.at >= 0)
      fail_matrix(x.shape(), fault, "has an element that is NaN or infinite, number {}", name);
  });
}

void require_converged(const Tensor& a, Fault fault, const char* name) {
  if (fault.at >= 0) [[unlikely]]
    fail_matrix(a.shape(), fault, "did not converge", name);
}

/// Ones on the diagonal of [rows, columns].
template <class T>
static void identity(T* to, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) *to++ = T(i == j);
}

std::vector<Tensor> svd_of(const Tensor& a, const char* name, bool full) {
  const Shape batch = batch_of(a.shape());
  const std::int64_t m = a.shape()[-2], n = a.shape().back(), k = std::min(m, n);
  const std::int64_t columns = full ? m : k, rows = full ? n : k;
  Shape values = batch;
  values.push_back(k);
  const Tensor u = new_tensor(with_matrix(batch, m, columns), a.dtype());
  const Tensor s = new_tensor(values, a.dtype());
  const Tensor vh = new_tensor(with_matrix(batch, rows, n), a.dtype());
  visit_floating(a.dtype(), [&]<class T>(T) {
    const Fault fault = launch(
        "svd",
        [](const T* from, T* left, T* value, T* right, std::int64_t height, std::int64_t width,
           bool all, std::int64_t count) {
          const std::int64_t size = height * width, few = std::min(height, width);
          const std::int64_t lefts = height * (all ? height : few);
          const std::int64_t rights = (all ? width : few) * width;
          for (std::int64_t i = 0; i < count; ++i) {
            T* const to[] = {left + i * lefts, value + i * few, right + i * rights};
            if (few == 0) {
              identity(to[0], height, all ? height : 0);
              identity(to[2], all ? width : 0, width);
              continue;
            }
            // The rotations of a matrix with a NaN would not end.
            if (std::all_of(from + i * size, from + (i + 1) * size,
                            [](T x) { return std::isfinite(x); })) {
              if (!dense::svd(from + i * size, height, width, all, to[0], to[1], to[2]))
                return Fault{i, 0};
            } else {
              constexpr T nan = std::numeric_limits<T>::quiet_NaN();
              std::fill_n(to[0], lefts, nan);
              std::fill_n(to[1], few, nan);
              std::fill_n(to[2], rights, nan);
            }
          }
          return Fault{-1, 0};
        },
        in<T>(a), out<T>(u), out<T>(s), out<T>(vh), m, n, full, batch.numel());
    require_converged(a, fault, name);
  });
  return {u, s, vh};
}

}  // namespace tapegrad::detail
