#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "autograd/tape/no_grad.h"
#include "autograd/tensor/tensor.h"

// Internal: elements of float64 tensors as numbers of the host.

namespace tapegrad::detail {

inline std::vector<double> values_of(const Tensor& tensor) {
  const auto data = tensor.data<double>();
  return {data.begin(), data.end()};
}

inline void set_values(Tensor& leaf, const std::vector<double>& values) {
  const NoGrad no_grad;
  leaf.write<double>(
      [&](auto elements) { std::copy(values.begin(), values.end(), elements.begin()); });
}
inline void set_value(Tensor& leaf, std::size_t element, double value) {
  const NoGrad no_grad;
  leaf.write<double>([&](auto elements) { elements[element] = value; });
}

inline double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// The length of the vector of products, which the sum of products of random sign has the size of.
inline double size_of_products(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i] * a[i] * b[i];
  return std::sqrt(sum);
}

}  // namespace tapegrad::detail
