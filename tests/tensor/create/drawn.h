#pragma once

#include <cmath>
#include <vector>

#include "autograd/tensor/tensor.h"

// What the tests of random numbers look at.

namespace drawn {

using namespace tapegrad;

template <class T>
std::vector<T> values(const Tensor& tensor) {
  const auto data = tensor.data<T>();
  return {data.begin(), data.end()};
}

/// The elements as double, whatever their type.
inline std::vector<double> numbers(const Tensor& tensor) {
  std::vector<double> result;
  const auto append = [&](const auto& data) { result.assign(data.begin(), data.end()); };
  switch (tensor.dtype()) {
    case float32:
      append(tensor.data<float>());
      break;
    case float64:
      append(tensor.data<double>());
      break;
    case int64:
      append(tensor.data<std::int64_t>());
      break;
    default:
      append(tensor.data<bool>());
  }
  return result;
}

struct Moments {
  double mean, deviation;
};
inline Moments moments(const Tensor& tensor) {
  double sum = 0, squares = 0;
  for (double x : numbers(tensor)) {
    sum += x;
    squares += x * x;
  }
  const auto n = static_cast<double>(tensor.numel());
  return {sum / n, std::sqrt(squares / n - sum / n * sum / n)};
}

}  // namespace drawn
