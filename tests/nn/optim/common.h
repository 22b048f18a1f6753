#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/base/error.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/optim.h"
#include "tests/catch.h"
#include "tests/message_of.h"

// What the tests of optimizers, clipping and schedules share.

namespace optim_test {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using nn::Parameter;
using tg::Tensor;

using MakeOptimizer = std::function<std::unique_ptr<nn::Optimizer>(std::vector<Parameter>)>;

/// A gradient that changes its sign, and depends on the value so that an error does not stay
/// unseen.
inline double gradient_at(int step, int element, double value) {
  return std::sin(0.7 * step + element) + 0.3 * value;
}

inline std::vector<double> values_of(const Tensor& tensor) {
  const Tensor wide = tensor.detach().to(tg::float64);
  const auto data = wide.data<double>();
  return {data.begin(), data.end()};
}

inline Tensor leaf(const std::vector<double>& values, tg::DType dtype) {
  Tensor tensor = tg::tensor(values).to(dtype);
  return tensor.requires_grad_();
}

/// Gives `parameter` the gradient of this step, computed from its value.
inline void set_gradient(Tensor& parameter, int step) {
  std::vector<double> gradient;
  for (const double value : values_of(parameter))
    gradient.push_back(gradient_at(step, static_cast<int>(gradient.size()), value));
  parameter.set_grad(tg::tensor(gradient).to(parameter.dtype()));
}

template <class Optimizer, class Options>
MakeOptimizer make(Options options) {
  return [options](std::vector<Parameter> p) {
    return std::make_unique<Optimizer>(std::move(p), options);
  };
}

inline std::vector<Parameter> some_parameters() {
  return {{"a", leaf({1, 2, 3}, tg::float32)}, {"b", leaf({4}, tg::float32)}};
}

}  // namespace optim_test
