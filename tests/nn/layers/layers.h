#pragma once

#include <initializer_list>
#include <vector>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/transforms/backward.h"

// What the tests of layers share.

namespace nn_layers {

namespace tg = tapegrad;
using tg::Tensor;

inline Tensor f64(std::initializer_list<tg::detail::NestedList> list) {
  return tg::tensor(list, tg::float64);
}

inline Tensor row(const std::vector<double>& values) { return tg::tensor(values); }

/// The gradient of the sum of `f(x)` at x.
inline Tensor gradient(const auto& f, const Tensor& x) {
  Tensor leaf = x.clone().requires_grad_();
  return tg::grad(tg::sum(f(leaf)), leaf);
}

inline bool close(const Tensor& a, const Tensor& b, double tolerance = 1e-12) {
  return tg::allclose(a, b, tolerance, tolerance, true);
}

}  // namespace nn_layers
