#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/linalg/decompose.h"

namespace tapegrad::detail {

namespace {

/// The gradient of the vectors of one matrix.
template <class T>
struct VectorGradient {
  const T* g;
  std::int64_t count, length;
  bool in_rows;

  bool of(std::int64_t i) const {
    for (std::int64_t k = 0; k < length; ++k)
      if (g[in_rows ? i * length + k : k * count + i] != 0) return true;
    return false;
  }
  bool any() const {
    return std::any_of(g, g + count * length, [](T x) { return x != 0; });
  }
};

/// The first of two values that are too close together, the last value where that is too close to
/// 0, counted from -1 downwards; or nothing.
template <class T>
Fault too_close(const T* value, const VectorGradient<T>& gradient, bool not_of_zero,
                std::int64_t matrix) {
  const std::int64_t n = gradient.count;
  T largest = 0;
  for (std::int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(value[i]));
  const T rounding =
      largest * std::numeric_limits<T>::epsilon() * static_cast<T>(std::max(n, gradient.length));
  const auto close = [&](T gap, std::int64_t i, std::int64_t j) {
    if (gap == 0) return gradient.any();
    return gap <= rounding && (gradient.of(i) || gradient.of(j));
  };
  for (std::int64_t i = 0; i + 1 < n; ++i)
    if (close(std::abs(value[i + 1] - value[i]), i, i + 1)) return {matrix, i};
  for (std::int64_t i = n - 1; i >= 0 && not_of_zero && value[i] <= rounding; --i)
    if (close(value[i], i, i)) return {matrix, -1 - i};
  return {-1, 0};
}

}  // namespace

void require_apart(const Tensor& values, const Tensor& g, Vectors vectors, const Shape& shape,
                   const char* name) {
  const std::int64_t n = values.shape().back();
  visit_floating(values.dtype(), [&]<class T>(T) {
    Fault fault = launch(
        "require_apart",
        [](const T* value, const T* gradient, Vectors kind, std::int64_t n_values,
           std::int64_t length, std::int64_t matrices) {
          for (std::int64_t i = 0; i < matrices; ++i) {
            const VectorGradient<T> own{gradient + i * n_values * length, n_values, length,
                                        kind.in_rows};
            const Fault found = too_close(value + i * n_values, own, kind.not_of_zero, i);
            if (found.at >= 0) return found;
          }
          return Fault{-1, 0};
        },
        in<T>(values), in<T>(g), vectors, n, vectors.in_rows ? g.shape().back() : g.shape()[-2],
        batch_of(shape).numel());
    if (fault.at < 0) return;
    const bool is_zero = fault.value < 0;
    if (is_zero) fault.value = -1 - fault.value;
    fail_matrix(shape, fault,
                is_zero
                    ? "has a singular value that is 0 but for rounding, number {}: then vectors "
                      "have no gradient; that of the values alone has no such condition"
                    : "has values that are equal but for rounding, number {} and the next: then "
                      "their vectors are not told apart and have no gradient; that of the "
                      "values alone has no such condition",
                name);
  });
}

}  // namespace tapegrad::detail
